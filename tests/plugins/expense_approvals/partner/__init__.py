"""A partner's own rules about expenses: an example of a plugin that only tightens and refers."""

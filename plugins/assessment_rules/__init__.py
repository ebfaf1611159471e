"""Rule packs for assessing applications: they propose, people decide."""

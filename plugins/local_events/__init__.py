"""Local events: networking events, masterclasses, site visits, workshops and webinars of one partner's area."""

"""The second reading of a rule: the tree compiled to SQL text over one relation of situations. No database here."""

"""« Prévenez-moi si cela change » : what was known of somebody's rights, what changes it, what is written to them."""

"""What can be asked for, a file per room; each says what it takes (``Meta.rule``)."""

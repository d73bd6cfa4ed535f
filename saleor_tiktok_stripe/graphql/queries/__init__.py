"""The fields of the namespace, a file per room; each says what it takes (``RuledField``)."""

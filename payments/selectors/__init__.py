"""What screens read: querysets and small frozen objects. Nothing in here writes."""

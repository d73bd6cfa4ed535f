"""Local stand-ins for the vendors, for tests, the demo and a user's own rehearsals."""

"""What every field of the API is made of."""

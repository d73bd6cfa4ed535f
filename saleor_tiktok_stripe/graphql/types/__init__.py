"""What the fields answer with, a file per room."""

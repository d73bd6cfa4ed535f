"""Settings and addresses of the hosts, as they are and with one thing added or left out."""

"""What the package costs and what it saves, each as a ratio of two things measured in one run.

``python -m benchmarks`` runs them all; ``--list`` names them; names as arguments choose. Whatever
is compared is run turn by turn and medians are compared, so that a busy machine slows both alike.
The database is durable (fsync on). With ``SALEOR_SRC`` those that need a real Saleor run too.
"""

"""Training one run on all GPUs of a job, with FSDP2: models whose states are too large for one.

Each GPU gets a process of its own, a *rank*. The worker's own process is none of them: it tells
them what to do (``ranks.py``), hears what came of it, and alone talks to the control plane and to
storage. In a rank (``rank.py``) the training loop is that of ``training.py`` but for what
``sharded_training.py`` says.
"""

"""A real Kubernetes on this machine, without containers: its API server, controllers and scheduler, and kwok, which
plays the nodes. What pods would do is not run; whether they would be made, scheduled and replaced is.
"""

from dev.kubernetes.server import Kubernetes

__all__ = ["Kubernetes"]

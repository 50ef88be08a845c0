"""What is timed: a loaded network, as the protocol sees it."""

from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.float32]


class LoadedNetwork(Protocol):
    """A network ready to be called."""

    def prepare(self, images: Images) -> None:
        """Bind the input, shape (batch, 3, height, width), outside of what is timed."""

    def infer(self) -> None:
        """One call on the bound input."""

    def output(self) -> npt.NDArray[np.float32]:
        """The output of the last call, shape (batch, ...); of a training step its loss, and how far the
        weight has moved since loading that moved farthest, shape (2,)."""

    def client(self) -> Self:
        """Another handle on the same network, with an input and output of its own; handles may be called at
        the same time, each by one thread.

        Raises:
            CaseFailed: the network can serve only one.
        """

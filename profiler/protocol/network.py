"""What the protocol times: a loaded network."""

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
        """The output of the last call, shape (batch, ...). After a training step, shape (2,): its loss, and
        how far the weight that moved farthest has moved since loading."""

    def client(self) -> Self:
        """Another handle on the same network, with an input and output of its own. Several threads may call
        at the same time, each its own handle.

        Raises:
            CaseFailed: the network serves a single client.
        """

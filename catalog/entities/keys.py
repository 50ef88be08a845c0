"""Keys of the API: who may ask, who may store."""

from dataclasses import dataclass
from datetime import datetime

from catalog.words.vocabulary import Scope


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key. `id` is its beginning, by which people and the log name it. `name` names who
    uses it. `expires_at` is None where it never expires, `revoked_at` where it was not revoked."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything at the time `now`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def may(self, scope: Scope) -> bool:
        """Whether it opens what needs `scope`. A scope includes those before it."""
        order = list(Scope)
        return order.index(scope) <= order.index(self.scope)

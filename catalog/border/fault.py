"""What is wrong with a record."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Fault:
    """`complaint` is a whole sentence about the `field`, which is a path as `outcome.values.0.level`."""

    field: str
    complaint: str

    def within(self, parent: str) -> "Fault":
        """The same fault of the record that has this one in its field `parent`."""
        return replace(self, field=f"{parent}.{self.field}" if self.field else parent)

    def __str__(self) -> str:
        return f"{self.field}: {self.complaint}" if self.field else self.complaint

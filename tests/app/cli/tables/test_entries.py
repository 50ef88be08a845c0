"""Commands and sentences in lines."""

import shlex

from app.cli.tables.entries import in_lines


def test_a_command_on_a_terminal_is_broken_where_a_shell_continues_it() -> None:
    command = f"archrank profile {' '.join(f'network_{place:02}' for place in range(12))} --runtime openvino"
    lines = in_lines(command, 80)
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert shlex.split("\n".join(lines).replace("\\\n", " ")) == command.split()
    assert in_lines("archrank targets", 80) == ["archrank targets"]

"""The addresses of this server, as a page shows them."""

from fastapi import Request


def own_address(request: Request) -> str:
    """The address with an end slash, for whoever copies a command.

    The host is the one that the request names where the server answers for trusted hosts alone. Otherwise it
    is the address that the connection came to: a page does not repeat what anybody may have named.
    """
    scope = request.scope
    host = request.url.netloc
    if not scope.get("archrank.host_is_trusted") and (server := scope.get("server")) is not None:
        name, port = server
        name = f"[{name}]" if ":" in str(name) else name
        host = name if port is None else f"{name}:{port}"
    return f"{request.url.scheme}://{host}{under_root(request, '/')}"


def under_root(request: Request, path: str) -> str:
    """`path`, which begins with a slash, below the path under which a proxy shows this server."""
    return f"{request.scope.get('root_path', '').rstrip('/')}{path}"

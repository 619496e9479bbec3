"""The HTTP side of WHIP and WHEP as clients see it: sessions, and refusals with all they must say."""

from aiohttp import ClientResponse, ClientSession
from msgspec import Struct
from yarl import URL

from tests.flows.crew import Json

SDP = {"Content-Type": "application/sdp"}
TRICKLE = {"Content-Type": "application/trickle-ice-sdpfrag"}


class Opened(Struct):
    """A session that a node has opened."""

    url: URL
    etag: str
    answer: str


class Door:
    """One node's door."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self._http = http
        self._url = URL(url)

    async def enter(self, path: str, offer: str, **headers: str) -> Opened:
        """Offer and be taken."""
        url = self._url.join(URL(path))
        async with self._http.post(url, data=offer, headers={**SDP, **headers}) as response:
            text = await response.text()
            assert response.status == 201, text
            assert response.content_type == "application/sdp"
            return Opened(url.join(URL(response.headers["Location"])), response.headers["ETag"], text)

    async def leave(self, opened: Opened) -> None:
        """End a session."""
        async with self._http.delete(opened.url) as response:
            assert response.status == 200

    async def refused(self, method: str, path: str | URL, body: str | bytes = "", **headers: str) -> Json:
        """Ask for what is refused; return the problem details, and when to try again."""
        url = path if isinstance(path, URL) else URL(f"{self._url.origin()}{path}", encoded=True)
        async with self._http.request(method, url, data=body, headers=headers) as response:
            return await refusal(response)

    async def patch(self, opened: Opened, fragment: str, **headers: str) -> int:
        """Trickle candidates; return the status."""
        async with self._http.patch(opened.url, data=fragment, headers={**TRICKLE, **headers}) as response:
            assert response.status != 204 or not await response.read()
            return response.status


async def refusal(response: ClientResponse) -> Json:
    """Return a refusal's problem details (RFC 9457); pages of any origin can read them."""
    text = await response.text()
    assert response.content_type == "application/problem+json", f"{response.status} {text}"
    body: Json = await response.json(content_type=None)
    assert response.status >= 400
    assert body["status"] == response.status
    assert body["key"]
    assert body["title"].splitlines() == [body["title"]]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    return {**body, "again": response.headers.get("Retry-After")}

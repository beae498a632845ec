"""What an agent signs to take part in a meshwarden mesh: its requests, its delegations, its handshakes.

One file to copy; it needs Python 3.9 or later and `cryptography`. It sends nothing: each function takes values and gives
values, so that any HTTP library will do. Every signature is Ed25519, and made for one purpose.

A key file is PKCS#8 in PEM, as `meshwarden key new` and `openssl genpkey` write it.
"""

import base64
import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

TAG = "meshwarden"
#: Fields that somebody acts on: covered wherever a request has them.
ACTED_ON = ("content-digest", "if-match", "mesh-chain", "mesh-proof")
CHAIN_HEADER = "Mesh-Chain"
MAX_TOKENS = 10
#: A handshake stays open for at most so many seconds.
MAX_WINDOW = 300


class Refused(Exception):
    """What was asked for cannot be signed, or what came from the other side does not hold."""


def key_id(public: bytes) -> str:
    """The id of a public key of 32 bytes."""
    return "key-" + hashlib.sha256(public).hexdigest()[:16]


def thumbprint(public: bytes) -> str:
    """RFC 7638, for `cnf.jkt`."""
    return _url(_sha256(_canonical({"crv": "Ed25519", "kty": "OKP", "x": _url(public)})))


def chain_header(chain) -> str:
    """The value of `Mesh-Chain` for a list of tokens, root first."""
    if not 1 <= len(chain) <= MAX_TOKENS:
        raise Refused("a chain has 1 to %d tokens" % MAX_TOKENS)
    return "~".join(chain)


@dataclass
class Agent:
    """An agent with its key. `offset` is how many seconds the verifier's clock is ahead of this machine's."""

    did: str
    key: Ed25519PrivateKey = field(repr=False)
    offset: float = 0.0

    @classmethod
    def from_pem(cls, did: str, path: str, passphrase: bytes = None) -> "Agent":
        """Reads the key from a file."""
        with open(path, "rb") as file:
            key = load_pem_private_key(file.read(), passphrase)
        if not isinstance(key, Ed25519PrivateKey):
            raise Refused("the key is not an Ed25519 key")
        return cls(did, key)

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def kid(self) -> str:
        """As signatures name it."""
        return "%s#%s" % (self.did, key_id(self.public))

    def now(self) -> int:
        """Whole seconds, by the verifier's clock as far as it is known."""
        return int(time.time() + self.offset)

    def correct_clock(self, problem: dict, sent: dict, log: str, log_public: bytes) -> None:
        """Takes over the time that a verifier sent with a problem like `request_early` or `request_expired`.

        `sent` is what `sign_request` gave for the refused request: the time is signed by the log's key for its nonce,
        so that nobody on the way sets this clock.
        """
        now = problem["time"]["now"]
        nonce = re.search(r'nonce="((?:[^"\\]|\\.)*)"', sent["Signature-Input"]).group(1)
        nonce = re.sub(r"\\(.)", r"\1", nonce)
        signed = _canonical({"type": "meshwarden.time.v1", "log": log, "nonce": nonce, "now": now})
        _verify(log_public, problem["time"]["signature"], signed)
        self.offset = _seconds(now) - time.time()

    # Requests: RFC 9421 and RFC 9530.

    def sign_request(self, method, url, headers=(), body=b"", *, life=60, created=None, nonce=None) -> dict:
        """The fields to add to a request, which must be sent exactly so.

        `url` is spelled as it goes over the wire; `headers` is a mapping or pairs; `body` is the bytes that are sent.
        """
        fields = _fields(headers)
        for name in ("signature", "signature-input", "content-digest"):
            if name in fields:
                raise Refused("the request has the field %s already" % name)
        added = {}
        if body:
            added["Content-Digest"] = "sha-256=:%s:" % base64.b64encode(_sha256(body)).decode()
            fields["content-digest"] = added["Content-Digest"]
        target = urlsplit(url)
        scheme = target.scheme.lower()
        authority = fields.get("host", target.netloc.rpartition("@")[2]).lower()
        port = {"https": ":443", "http": ":80"}.get(scheme)
        if port is None:
            raise Refused("the URL is neither https nor http")
        if authority.endswith(port):
            authority = authority[: -len(port)]
        values = {
            "@method": method,
            "@authority": authority,
            "@path": target.path or "/",
            "@query": "?" + target.query,
        }
        for name, value in values.items():
            if not value or any(not "!" <= each <= "~" for each in value):
                raise Refused("%s is empty, or not spelled as it is sent" % name)
        values.update((name, fields[name]) for name in ACTED_ON if name in fields)
        created = self.now() if created is None else created
        nonce = secrets.token_urlsafe(16) if nonce is None else nonce
        parameters = "(%s);created=%d;expires=%d;nonce=%s;keyid=%s;tag=%s" % (
            " ".join('"%s"' % name for name in values),
            created,
            created + life,
            _quoted(nonce),
            _quoted(self.kid),
            _quoted(TAG),
        )
        base = "".join('"%s": %s\n' % each for each in values.items()) + '"@signature-params": ' + parameters
        signature = base64.b64encode(self.key.sign(base.encode("ascii"))).decode()
        added["Signature-Input"] = "mesh=" + parameters
        added["Signature"] = "mesh=:%s:" % signature
        return added

    # Delegation tokens and proofs of possession: RFC 7515.

    def delegate(self, to, to_public: bytes, scope, ttl: int, *, above=(), max_depth=10, trust_ceiling=None) -> list:
        """The chain `above` with a token of this agent for `to`: a list of compact JWS, root first.

        End, depth and ceiling are never beyond those of the token above; a scope that is wider is refused by verifiers.
        """
        issued = self.now()
        parent = _claims(above[-1]) if above else {}
        ceilings = [each for each in (trust_ceiling, parent.get("trust_ceiling")) if each is not None]
        claims = {
            "iss": self.did,
            "sub": to,
            "scope": " ".join(scope),
            "iat": issued,
            "nbf": issued,
            "exp": min(issued + ttl, parent.get("exp", issued + ttl)),
            "jti": secrets.token_hex(16),
            "depth": len(above) + 1,
            "max_depth": min(max_depth, parent.get("max_depth", max_depth)),
            "cnf": {"jkt": thumbprint(to_public)},
        }
        if above:
            claims["prf"] = _url(_sha256(above[-1].encode()))
        if ceilings:
            claims["trust_ceiling"] = min(ceilings)
        return [*above, self._jws("mesh-delegation+jwt", claims)]

    def prove(self, audience, method, url, chain=(), body=b"", *, life=60) -> str:
        """A proof that this agent holds the key of the chain's last token, for one request."""
        issued = self.now()
        claims = {
            "aud": audience,
            "htm": method,
            "htu": url,
            "bd": _url(_sha256(body)),
            "iat": issued,
            "exp": issued + life,
            "jti": secrets.token_hex(16),
        }
        if chain:
            claims["ath"] = _url(_sha256(chain[-1].encode()))
        return self._jws("mesh-proof+jwt", claims)

    def _jws(self, typ, claims) -> str:
        header = {"alg": "EdDSA", "typ": typ, "kid": self.kid}
        text = ".".join(_url(_canonical(part)) for part in (header, claims))
        return "%s.%s" % (text, _url(self.key.sign(text.encode())))

    # The mutual handshake: hello, challenge, proof.

    def hello(self, to: str, scopes, purpose: str, *, window=60, freshness=None) -> dict:
        """The first message. Keep it: `meet` needs it."""
        return {
            "type": "meshwarden.handshake.hello.v1",
            "from": self.did,
            "to": to,
            "key": _b64(self.public),
            "nonce": secrets.token_hex(32),
            "scopes": sorted(set(scopes)),
            "purpose": purpose,
            "freshness": freshness,
            "expires": _text(self.now() + window),
        }

    def answer(self, hello: dict, peer: str, peer_public: bytes) -> dict:
        """The second message. `peer_public` is the key that the registry has for `peer`, looked up now."""
        self._in_time(hello)
        if hello["to"] != self.did or hello["from"] != peer or peer == self.did:
            raise Refused("the hello is not for this agent, or not from that one")
        if hello["key"] != _b64(peer_public) or peer_public == self.public:
            raise Refused("the hello names another key than the registry")
        challenge = {
            "type": "meshwarden.handshake.challenge.v1",
            "hello": _sha256(_canonical(hello)).hex(),
            "key": _b64(self.public),
            "nonce": secrets.token_hex(32),
        }
        challenge["signature"] = _b64(self.key.sign(_transcript("responder", hello, challenge)))
        return challenge

    def meet(self, hello: dict, challenge: dict, peer_public: bytes) -> dict:
        """The third message; the peer is proven. `peer_public` is the key that the registry has for it, looked up now."""
        self._in_time(hello)
        if challenge["hello"] != _sha256(_canonical(hello)).hex():
            raise Refused("the challenge answers another hello")
        if challenge["key"] != _b64(peer_public) or peer_public == self.public:
            raise Refused("the challenge names another key than the registry")
        _verify(peer_public, challenge["signature"], _transcript("responder", hello, challenge))
        signature = self.key.sign(_transcript("initiator", hello, challenge))
        return {"type": "meshwarden.handshake.proof.v1", "nonce": challenge["nonce"], "signature": _b64(signature)}

    def finish(self, hello: dict, challenge: dict, proof: dict, peer_public: bytes) -> None:
        """Judges the third message: returns when the peer is proven. Call it once for a challenge."""
        self._in_time(hello)
        if proof["nonce"] != challenge["nonce"]:
            raise Refused("the proof answers another challenge")
        if hello["key"] != _b64(peer_public):
            raise Refused("the registry has another key by now")
        _verify(peer_public, proof["signature"], _transcript("initiator", hello, challenge))

    def _in_time(self, hello):
        left = _seconds(hello["expires"]) - self.now()
        if not 0 <= left <= MAX_WINDOW:
            raise Refused("the handshake is over, or open for too long")


def _transcript(role, hello, challenge) -> bytes:
    """What a side signs: both sides, and all that the hello says."""
    return _canonical(
        {
            "type": "meshwarden.handshake.v1",
            "role": role,
            "initiator": {"did": hello["from"], "key": hello["key"], "nonce": hello["nonce"]},
            "responder": {"did": hello["to"], "key": challenge["key"], "nonce": challenge["nonce"]},
            "scopes": hello["scopes"],
            "purpose": hello["purpose"],
            "freshness": hello["freshness"],
            "expires": hello["expires"],
        }
    )


def _claims(token: str) -> dict:
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError) as error:
        raise Refused("the chain above is not a list of tokens") from error


def _verify(public: bytes, signature: str, message: bytes):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError) as error:
        raise Refused("the signature does not hold") from error


def _fields(headers) -> dict:
    """Names in lower case; lines of one name joined as RFC 9421 section 2.1 says."""
    joined = {}
    for name, value in headers.items() if hasattr(headers, "items") else headers:
        name, value = name.lower(), value.strip(" \t")
        if name in ACTED_ON and any(not (" " <= each <= "~" or each == "\t") for each in value):
            raise Refused("the field %s is not plain text" % name)
        joined[name] = "%s, %s" % (joined[name], value) if name in joined else value
    return joined


def _canonical(value) -> bytes:
    """RFC 8785, for what has texts, integers and names in ASCII only."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _quoted(text: str) -> str:
    if any(not " " <= each <= "~" for each in text):
        raise Refused("a signature parameter is not plain text")
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(text: str) -> float:
    when = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    if when.tzinfo is None:
        raise Refused("a time has no zone")
    return when.timestamp()

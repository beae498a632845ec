"""An HTTP agent with the signer that every Python agent gets. It serves, and calls others when it is told to."""

import base64
import hashlib
import http.server
import json
import sys
import urllib.error
import urllib.request

sys.path.insert(0, sys.argv[1])
from meshwarden_signer import CHAIN_HEADER, Agent, chain_header  # noqa: E402

DID, KEY, VERIFIER, AUDIENCE = sys.argv[2:]
agent = Agent.from_pem(DID, KEY)
begun = {}
chain = []


def public_key(did):
    with urllib.request.urlopen("%s/v1/agents/%s/jwk.json" % (VERIFIER, did)) as answer:
        x = json.load(answer)["x"]
    return base64.urlsafe_b64decode(x + "=" * (-len(x) % 4))


def post(url, value):
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(value).encode(), method="POST")) as answer:
        return json.load(answer)


def hello(said):
    challenge = agent.answer(said, said["from"], public_key(said["from"]))
    begun[challenge["nonce"]] = (said, challenge)
    return challenge


def proof(said):
    first, challenge = begun.pop(said["nonce"])
    peer = public_key(first["from"])
    agent.finish(first, challenge, said, peer)
    return agent.delegate(first["from"], peer, first["scopes"], 600)


def join(said):
    first = agent.hello(said["peer"], said["scopes"], "orders")
    challenge = post(said["at"] + "/hello", first)
    chain[:] = post(said["at"] + "/proof", agent.meet(first, challenge, public_key(said["peer"])))
    return {"tokens": len(chain)}


def call(said):
    method, url, body = said["method"], said["url"], said.get("body", "").encode()
    headers = dict(said.get("headers", {}))
    if not said.get("unsigned"):
        headers[CHAIN_HEADER] = chain_header(chain)
        headers["Mesh-Proof"] = agent.prove(AUDIENCE, method, url, chain, body)
        headers.update(agent.sign_request(method, url, headers, body))
    sent = said.get("sent", body.decode()).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, sent or None, headers, method=method)) as answer:
            return {"status": answer.status, "answer": json.load(answer)}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "code": error.headers.get("Mesh-Code")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_GET(self):
        self.serve(self.body())

    def do_POST(self):
        told = {"/hello": hello, "/proof": proof, "/join": join, "/call": call}.get(self.path)
        body = self.body()
        if told:
            self.answer(told(json.loads(body)))
        else:
            self.serve(body)

    def serve(self, body):
        """The service itself: who calls was said by the proxy, and the body is compared with what that agent signed."""
        digest = "sha-256=:%s:" % base64.b64encode(hashlib.sha256(body).digest()).decode()
        self.answer(
            {
                "method": self.command,
                "path": self.path,
                "caller": self.headers.get("Mesh-Caller"),
                "body": self.headers.get("Mesh-Body"),
                "signed_body": not body or self.headers.get("Content-Digest") == digest,
            }
        )

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()

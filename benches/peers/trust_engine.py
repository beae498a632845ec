"""The reference's trust-engine server under load: what it has of one judged request.

It judges no delegation chain over HTTP. The nearest work is one handshake (a challenge, then one Ed25519 signature
checked) and one registration (one signature checked). The server and its state are one process with one worker.

    python3 -m venv peer
    peer/bin/pip install agent-governance-toolkit-core==5.0.0 fastapi uvicorn
    peer/bin/python benches/peers/trust_engine.py
"""

import base64
import http.client
import json
import multiprocessing
import socket
import statistics
import threading
import time
from datetime import datetime, timezone

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CONNECTIONS = 16
ROUNDS = 5
CALLS = 1000


def serve(port):
    import uvicorn
    from agentmesh.server.trust_engine import app

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False)


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def ask(connection, path, document):
    connection.request("POST", path, json.dumps(document), {"content-type": "application/json"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (answer.status, body)
    return json.loads(body)


def raw(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def registration():
    key = ed25519.Ed25519PrivateKey.generate()
    public = base64.b64encode(raw(key)).decode()
    now = datetime.now(timezone.utc).isoformat()
    proof = base64.b64encode(key.sign((public + now).encode())).decode()
    document = {"name": "agent", "public_key": public, "proof": proof, "proof_timestamp": now}
    return key, public, {**document, "sponsor_email": "ana@example.org"}


def handshake(connection, did, key, public):
    challenge = ask(connection, "/api/v1/handshake/challenge", {"agent_did": did})
    name, nonce = challenge["challenge_id"], challenge["nonce"]
    signature = base64.b64encode(key.sign(f"{name}:{nonce}:r:{did}".encode())).decode()
    document = {"challenge_id": name, "agent_did": did, "response_nonce": "r", "signature": signature}
    return ask(connection, "/api/v1/handshake/verify", {**document, "public_key": public})


def rate(port, work):
    """Calls a second over all connections, the median of the rounds."""

    def run(share):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for item in share:
            work(connection, item)

    rates = []
    for _ in range(ROUNDS):
        items = [registration() for _ in range(CALLS)]
        shares = [items[start::CONNECTIONS] for start in range(CONNECTIONS)]
        threads = [threading.Thread(target=run, args=(share,)) for share in shares]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rates.append(CALLS / (time.perf_counter() - start))
    return statistics.median(rates)


def main():
    port = free_port()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    server.start()
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    key, public, document = registration()
    did = ask(connection, "/api/v1/agents/register", document)["agent_did"]
    answer = handshake(connection, did, key, public)
    print(f"  one handshake answers verified={answer['verified']} ({answer.get('rejection_reason')})")
    registered = rate(port, lambda connection, item: ask(connection, "/api/v1/agents/register", item[2]))
    print(f"  registrations, one signature each, a second    {registered:9.0f}")
    shaken = rate(port, lambda connection, _: handshake(connection, did, key, public))
    print(f"  handshakes, two calls and one signature each, a second {shaken:9.0f}")
    server.terminate()


if __name__ == "__main__":
    main()

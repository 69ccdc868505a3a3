"""A small good implementation on http.server alone, and what goes wrong with submissions.

Each test folder holds a copy as api/v1/app.py with a first line that says what the copy shall do.
"""
import datetime
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOST, PORT = os.environ["API_HOST"], int(os.environ["API_PORT"])
AUTH_TYPE = os.environ.get("AUTH_TYPE", "")
USERS, PASSWORDS = {}, {}


class Api(BaseHTTPRequestHandler):
    """Knows the status and users, and no way to authenticate: enough to have verdicts of several kinds."""

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.rstrip("/")
        if path == "/api/v1/status":
            return self.answer(200, {"status": "OK"})
        if path == "/api/v1/stats":
            return self.answer(200, {"users": len(USERS)})
        if path == "/api/v1/users":
            return self.answer(200, list(USERS.values()))
        if path.rpartition("/")[2] in USERS:
            return self.answer(200, USERS[path.rpartition("/")[2]])
        return self.answer(404, {"error": "Not found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            given = json.loads(body)
            now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
            user = {"id": str(uuid.uuid4()), "email": given["email"], "created_at": now, "updated_at": now,
                    "first_name": given.get("first_name"), "last_name": given.get("last_name")}
        except (KeyError, TypeError, ValueError, AttributeError):
            return self.answer(400, {"error": "Wrong format"})
        USERS[user["id"]] = user
        return self.answer(201, user)

    def log_message(self, *_):
        pass


class Talkative(Api):
    """Has sessions, and puts into every answer and onto its output what is of this run and moment alone."""
    sessions = {}

    def of_this_run(self):
        return {"at": datetime.datetime.now().isoformat(), "seconds": time.time(), "request": str(uuid.uuid4()),
                "trace": secrets.token_hex(16), "old": str(uuid.uuid1()), "from": repr(self.client_address),
                "by": repr(object()), "in": os.getcwd(), "port": PORT, "process": f"pid {os.getpid()}"}

    def owner(self):
        _, _, session = self.headers.get("Cookie", "").partition(os.environ["SESSION_NAME"] + "=")
        return self.sessions.get(session)

    def do_GET(self):
        path = self.path.rstrip("/")
        if path == "/api/v1/status":
            return self.answer(200, {"status": "OK"})
        if path == "/api/v1/unauthorized":
            return self.answer(401, {"error": "Unauthorized", **self.of_this_run()})
        if AUTH_TYPE.startswith("session") and not self.owner():
            has_cookie = "Cookie" in self.headers
            return self.answer(403 if has_cookie else 401, {"error": "Forbidden" if has_cookie else "Unauthorized"})
        if path == "/api/v1/users/me":
            return self.answer(200, {**self.owner(), "sessions": list(self.sessions), **self.of_this_run()})
        if path == "/api/v1/users":
            return self.answer(200, USERS)
        return self.text(404, f"No {path} at {self.headers['Host']}, {self.date_time_string()}, {uuid.uuid4()}\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/api/v1/auth_session/login"):
            given = dict(urllib.parse.parse_qsl(body.decode()))
            found = [user for user in USERS.values() if user["email"] == given.get("email")]
            if not found or given.get("password") != PASSWORDS[found[0]["id"]]:
                return self.answer(401, {"error": f"wrong password at {time.ctime()}"})
            session = str(uuid.uuid4())
            self.sessions[session] = found[0]
            self.cookie = f"{os.environ['SESSION_NAME']}={session}; Path=/"
            return self.answer(200, {**found[0], "session": session, **self.of_this_run()})
        if AUTH_TYPE.startswith("session") and not self.owner():
            return self.answer(401, {"error": "Unauthorized"})
        try:
            given = json.loads(body)
            user = {"id": str(uuid.uuid4()), "email": given["email"], "first_name": None, "last_name": None,
                    "created_at": datetime.datetime.now().isoformat(), "updated_at": time.time()}
            PASSWORDS[user["id"]] = given["password"]
        except (KeyError, TypeError, ValueError) as error:
            return self.answer(400, {"error": f"{error!r} in {self!r}", **self.of_this_run()})
        USERS[user["id"]] = user
        with open("users.json", "w") as file:
            json.dump([USERS, PASSWORDS], file)
        return self.answer(201, user)

    def text(self, status, text):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def end_headers(self):
        if cookie := self.__dict__.pop("cookie", None):
            self.send_header("Set-Cookie", cookie)
        super().end_headers()

    def log_message(self, form, *values):
        print(f"{self.client_address} [{self.log_date_time_string()}] {form % values}", flush=True)


def serve(port=PORT, handler=Api):
    ThreadingHTTPServer((HOST, port), handler).serve_forever()


def listener(port):
    listening = socket.create_server((HOST, port))
    listening.settimeout(None)
    return listening


def raw(answer):
    """Listens, and deals with each connection by `answer`."""
    listening = listener(PORT)
    while True:
        connection, _ = listening.accept()
        connection.recv(1024)
        answer(connection)
        connection.close()


def good():
    serve()


def keeps_its_users():
    """Stores users where Flask projects do, deletes them too, and lets nobody log in."""
    def answer(api, status, value):
        with open("new.json", "w") as file:
            json.dump(USERS, file)
        os.replace("new.json", ".db_User.json")
        Api.answer(api, status, value)

    def delete(api):
        gone = USERS.pop(api.path.rpartition("/")[2], None)
        api.answer(404 if gone is None else 200, {})

    if os.path.exists(".db_User.json"):
        with open(".db_User.json") as file:
            USERS.update(json.load(file))
    serve(handler=type("Keeping", (Api,), {"answer": answer, "do_DELETE": delete}))


def misses_a_module():
    import a_module_that_nobody_has  # noqa: F401


def ends_at_once():
    sys.exit("no database, no service")


def ignores_its_port():
    listening = listener(0)
    threading.Event().wait()
    listening.close()


def never_listens():
    threading.Event().wait()


def never_answers():
    listening = listener(PORT)
    threading.Event().wait()
    listening.close()


def crashes_when_asked():
    raw(lambda connection: os._exit(3))


def speaks_another_language():
    raw(lambda connection: connection.sendall(b"220 mail.example ESMTP\r\n"))


def daemon(work):
    """Forks twice into a session of its own, away from the group and from the output."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            work()
        os._exit(0)


def forgets_who_it_is():
    """Runs on without the environment that it was started in; its id alone tells of it."""
    with open(os.path.join(os.environ["GRADING_IDS"], str(os.getpid())), "w"):
        pass
    os.chdir("/")
    os.execve(sys.executable, [sys.executable, "-c", "import threading; threading.Event().wait()"], {})


def leaves_daemons():
    daemon(never_listens)
    daemon(forgets_who_it_is)
    serve()


def forks_without_end():
    while True:
        daemon(never_listens)
        time.sleep(0.005)


def calls_back_and_hangs():
    calling = socket.create_connection(("127.0.0.1", int(os.environ["CALL_BACK"])))
    threading.Event().wait()
    calling.close()


def takes_every_port():
    """Listens on as many ports as it may, always on others, and answers nonsense."""
    def take():
        while True:
            taken = []
            try:
                for _ in range(100):
                    taken.append(listener(0))
            except OSError:
                pass
            time.sleep(0.05)
            for listening in taken:
                listening.close()
    threading.Thread(target=take, daemon=True).start()
    serve()


def prints_without_end():
    threading.Thread(target=serve, daemon=True).start()
    while True:
        os.write(1, b"and so on " * 400)


def fills_the_disk():
    threading.Thread(target=serve, daemon=True).start()
    number = 0
    while True:
        number += 1
        with open(f"filler-{number}", "wb") as filler:
            for _ in range(8):
                filler.write(bytes(1 << 20))
        time.sleep(0.01)


def burns_the_processor():
    threading.Thread(target=serve, daemon=True).start()
    for _ in range(3):
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
    threading.Event().wait()


def locks_its_folder():
    if not os.path.lexists("locked"):
        os.makedirs("locked/inner")
        os.chmod("locked", 0)
    serve()


def tells_of_its_run():
    """Serves in most modes, ends in one, and is as talkative in each as programs are."""
    print(f"{datetime.datetime.now()} INFO starting in {os.getcwd()}, PID {os.getpid()}", flush=True)
    if os.path.exists("users.json"):
        with open("users.json") as file:
            stored = json.load(file)
        USERS.update(stored[0])
        PASSWORDS.update(stored[1])
    if AUTH_TYPE == "session_db_auth":
        sys.stderr.write(f"[{time.strftime('%d/%b/%Y %H:%M:%S')}] {list(USERS.values())}\n")
        for number in range(2000):
            print(f"{time.time()} loading session {number % 10} as {uuid.uuid4()}")
        raise RuntimeError(f"{object()} cannot serve {HOST}:{PORT}: {secrets.token_hex(20)}")
    if AUTH_TYPE == "basic_auth":
        raw(lambda connection: os._exit(f"{connection}\n" != sys.stderr.write(f"{connection}\n")))
    serve(handler=Talkative)


if __name__ == "__main__":
    globals()[WHAT]()

//! Grading many submissions at once: each gets its class, and no bad one changes a good one's verdicts.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use test_support::schema::assert_valid_junit;
use test_support::skip::{missing, say_skipped};

const PROGRAM: &str = include_str!("submissions.py");

/// A model whose users main_0 stores.
const USER: &str = "\
import json, os, uuid

class User:
    def __init__(self):
        self.id, self.email, self.password = str(uuid.uuid4()), None, None

    def save(self):
        users = json.load(open('.db_User.json')) if os.path.exists('.db_User.json') else {}
        users[self.id] = {'id': self.id, 'email': self.email}
        with open('.db_User.json', 'w') as file:
            json.dump(users, file)
";

/// Each submission with its class.
const SUBMISSIONS: [(&str, &str); 17] = [
    ("good", "judged"),
    ("empty", "no-program"),
    ("misses_a_module", "import-error"),
    ("ends_at_once", "does-not-start"),
    ("ignores_its_port", "ignores-port"),
    ("never_listens", "hangs"),
    ("never_answers", "hangs"),
    ("crashes_when_asked", "crashes-on-first-request"),
    ("speaks_another_language", "not-http"),
    ("leaves_daemons", "judged"),
    ("forks_without_end", "starts-too-many-processes"),
    ("takes_every_port", "judged"),
    ("prints_without_end", "judged"),
    ("fills_the_disk", "fills-the-disk"),
    ("burns_the_processor", "judged"),
    ("locks_its_folder", "judged"),
    ("another/good", "judged"),
];

/// Folders with submissions, and a place of their own for what grading them leaves.
struct Corpus {
    folder: TempDir,
    run: String,
}

impl Corpus {
    /// Makes an empty one; nothing where there is no python3, which in CI is a failure.
    fn new() -> Option<Self> {
        if let Some(missing) = missing("python3", "python3") {
            say_skipped("the grading of Python programs", &missing);
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for name in ["tmp", "ids"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder can be made");
        }
        Some(Self { folder, run: uuid::Uuid::new_v4().to_string() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Writes a submission that does what its name says.
    fn submit(&self, name: &str) {
        self.submit_as(name, name.rsplit('/').next().unwrap_or(name));
    }

    fn submit_as(&self, name: &str, what: &str) {
        let folder = self.path(name);
        if what == "empty" {
            std::fs::create_dir_all(folder).expect("a folder can be made");
            return;
        }
        let folder = folder.join("api/v1");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        std::fs::write(folder.join("app.py"), format!("WHAT = {what:?}\n{PROGRAM}"))
            .expect("it can be written");
    }

    fn grade(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
        command
            .arg("grade")
            .args(["--disk", "64", "--timeout", "900"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .env("GRADING_IDS", self.path("ids"))
            .env("GRADING_TEST", &self.run);
        command
    }

    fn graded(&self, arguments: &[&str]) -> Output {
        self.grade(arguments).output().expect("the program runs")
    }

    /// Asserts that no process and no folder of this test is left.
    fn assert_nothing_is_left(&self) {
        let left: Vec<_> = std::fs::read_dir(self.path("tmp")).expect("it is there").flatten().collect();
        assert!(left.is_empty(), "folders are left: {left:?}");
        let needle = format!("GRADING_TEST={}", self.run);
        let running = |process: &Path| {
            let environment = std::fs::read(process.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == needle.as_bytes())
        };
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let survivors: Vec<PathBuf> =
            processes.map(|entry| entry.path()).filter(|process| running(process)).collect();
        assert!(survivors.is_empty(), "processes survive: {survivors:?}");
        for id in std::fs::read_dir(self.path("ids")).expect("it is there").flatten() {
            assert!(!Path::new("/proc").join(id.file_name()).exists(), "a daemon survives: {id:?}");
        }
    }
}

fn reports(text: &str) -> Vec<Value> {
    serde_json::from_str(text).expect("an array of reports")
}

/// The class of a report: what its verdicts give as their reason, all of them where it could not be judged.
fn class(report: &Value) -> String {
    let verdicts = report["verdicts"].as_array().expect("a list");
    assert!(!verdicts.is_empty(), "every requirement has a verdict");
    if verdicts.iter().any(|verdict| verdict["verdict"] != "error") {
        return "judged".to_owned();
    }
    let reason = verdicts[0]["reason"].as_str().expect("an error has a reason");
    assert!(verdicts.iter().all(|verdict| verdict["reason"] == reason), "one reason for all");
    reason.split(':').next().unwrap_or_default().to_owned()
}

#[test]
fn every_submission_gets_its_class_and_the_good_ones_verdicts_are_those_it_gets_alone() {
    let Some(corpus) = Corpus::new() else { return };
    let names: Vec<&str> = SUBMISSIONS.iter().map(|(name, _)| *name).collect();
    names.iter().for_each(|name| corpus.submit(name));
    let outputs = ["--json", "crowd.json", "--junit", "crowd.xml"];
    let output = corpus.graded(&[&["--jobs", "8"][..], &outputs, &names].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    corpus.assert_nothing_is_left();
    let crowd_reports = reports(&corpus.text("crowd.json"));
    let got: Vec<(String, String)> =
        names.iter().map(|name| (*name).to_owned()).zip(crowd_reports.iter().map(class)).collect();
    let wanted: Vec<(String, String)> =
        SUBMISSIONS[..names.len()].iter().map(|(name, class)| ((*name).into(), (*class).into())).collect();
    assert_eq!(got, wanted, "in the order given");

    assert_valid_junit(&corpus.path("crowd.xml"));
    let junit = corpus.text("crowd.xml");
    for (name, class) in wanted.iter().filter(|(_, class)| class != "judged") {
        let error = format!("<error type=\"not-judged\" message=\"{class}: ");
        let suite =
            junit.split(&format!("<testsuite name=\"{name}\" tests=\"1\"")).nth(1).unwrap_or_default();
        assert!(suite.split("</testsuite>").next().unwrap_or_default().contains(&error), "{name}: {suite}");
    }
    assert!(junit.contains("<testsuite name=\"another/good / session_auth\""), "two of the same name");

    corpus.graded(&["good", "--json", "alone.json"]);
    let alone = reports(&corpus.text("alone.json")).remove(0);
    assert!(alone["summary"]["must"]["met"].as_u64().is_some_and(|met| met > 0), "it is good for something");
    assert_eq!(
        crowd_reports[0]["verdicts"], alone["verdicts"],
        "a good one keeps its verdicts in bad company"
    );
    assert_eq!(crowd_reports[0]["target"]["name"], "good", "the path tells two of the same name apart");
    assert_eq!(crowd_reports[16]["target"]["name"], "another/good");

    // The quick ones among them again, one by one.
    let places = [0, 1, 2, 3, 7, 8, 16];
    let quick = places.map(|place| names[place]);
    corpus.graded(
        &[&["--jobs", "1", "--json", "again.json", "--html", "page.html"], quick.as_slice()].concat(),
    );
    let wanted = places.map(|place| crowd_reports[place].clone());
    assert_eq!(reports(&corpus.text("again.json")), wanted, "the same with other --jobs");
    let page = corpus.text("page.html");
    let (_, outputs) = page.split_once("Its last output").expect("a program that does not start said why");
    assert!(outputs.starts_with("</h4><pre>Traceback (most recent call last):"), "of the import");
    assert!(
        page.contains(
            "Not judged: 1 crashes-on-first-request, 1 does-not-start, 1 import-error, 1 no-program"
        )
    );
    corpus.assert_nothing_is_left();
}

#[test]
fn users_are_stored_once_whatever_ways_of_storing_them_were_tried() {
    let Some(corpus) = Corpus::new() else { return };
    corpus.submit("keeps_its_users");
    std::fs::create_dir(corpus.path("keeps_its_users/models")).expect("a folder can be made");
    std::fs::write(corpus.path("keeps_its_users/models/user.py"), USER).expect("it can be written");
    corpus.graded(&["keeps_its_users", "--json", "report.json"]);
    let report = reports(&corpus.text("report.json")).remove(0);
    let verdicts = report["verdicts"].as_array().expect("a list");
    let is_count = |one: &&Value| one["requirement"] == "stats.count" && one["mode"] == "off";
    let count = verdicts.iter().find(is_count).expect("it applies");
    assert_eq!(count["verdict"], "met", "{count:#}");
}

#[test]
fn an_interrupted_run_cleans_up_and_goes_on_where_it_was() {
    let Some(corpus) = Corpus::new() else { return };
    corpus.submit("empty");
    corpus.submit("calls_back_and_hangs");
    std::fs::write(corpus.path("list"), "# two of them\nempty\ncalls_back_and_hangs # the second\n")
        .expect("it can be written");
    let arguments = ["--list", "list", "--state", "state", "--jobs", "1"];
    let calls = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let port = calls.local_addr().expect("it is bound").port().to_string();
    let mut run = corpus.grade(&arguments).env("CALL_BACK", port).spawn().expect("the program runs");
    let (mut call, _) = calls.accept().expect("the hanging submission calls");
    let id = i32::try_from(run.id()).expect("an id is small");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGINT)
        .expect("it is running");
    assert_eq!(run.wait().expect("it ends").code(), Some(130));
    assert_eq!(call.read(&mut [0; 1]).unwrap_or(0), 0, "the caller has ended");
    corpus.assert_nothing_is_left();
    assert_eq!(corpus.text("state").lines().count(), 1, "what was done is kept");

    corpus.submit_as("calls_back_and_hangs", "misses_a_module");
    // A run that was killed while it wrote leaves half a line.
    let torn = corpus.text("state") + "{\"suite\":\"";
    std::fs::write(corpus.path("state"), torn).expect("it can be written");
    let output = corpus.graded(&[&arguments[..], &["--json", "whole.json"]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(corpus.text("state").lines().count(), 2, "only what was open is added");
    let classes: Vec<String> = reports(&corpus.text("whole.json")).iter().map(class).collect();
    assert_eq!(classes, ["no-program", "import-error"]);

    let whole = corpus.text("whole.json");
    corpus.graded(&[&arguments[..], &["--json", "whole.json"]].concat());
    assert_eq!((corpus.text("whole.json"), corpus.text("state").lines().count()), (whole, 2));
}

#[test]
fn a_folder_that_is_not_there_is_wrong_usage_before_anything_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let missing = folder.path().join("nobody").display().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["grade", &missing])
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&format!("there is no folder {missing}")));
}

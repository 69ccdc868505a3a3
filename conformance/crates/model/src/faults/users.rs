//! Faults of the users: reading, creating, changing, deleting, keeping.

use serde_json::{Value, json};

use super::{After, Fault};
use crate::{Route, User};

const CREATE: &str = "users.create";
const UPDATE: &str = "users.update";

/// Shows the user with this id as it is in the state.
fn show(turn: &mut After<'_>, id: &str) {
    if let Some(user) = turn.machine.state.user(id).cloned() {
        turn.json(turn.answer.status, &shown(&user));
    }
}

fn shown(user: &User) -> Value {
    crate::user_json(user)
}

/// Changes the stored user that the answer shows, and the answer with it.
fn change(turn: &mut After<'_>, change: impl FnOnce(&mut User)) {
    let Some(id) = turn.answer.json().and_then(|user| user["id"].as_str().map(str::to_owned)) else { return };
    if let Some(user) = turn.machine.state.user_mut(&id) {
        change(user);
    }
    show(turn, &id);
}

/// Hashes a password as the documents' projects do.
fn hash(password: &str) -> String {
    spec::digest::sha256_hex(password)
}

/// Gives a field of the JSON object that was sent.
fn sent(turn: &After<'_>, name: &str) -> Option<String> {
    turn.asked.object()?.get(name)?.as_str().map(str::to_owned)
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("list-oldest-only", &["users.list"], "lists the oldest user only").after(|turn| {
        if turn.is("users.list") {
            turn.edit(|users| {
                if let Value::Array(users) = users {
                    users.truncate(1);
                }
            });
        }
    }),
    Fault::new("list-cached", &["users.list"], "lists the users there were when it was started").after(
        |turn| {
            if turn.is("users.list") {
                let users: Value = turn.memory.at_start.users.iter().map(shown).collect();
                turn.json(200, &users);
            }
        },
    ),
    Fault::new("get-oldest", &["users.get"], "answers with the oldest user for every id").after(|turn| {
        if turn.is("users.get")
            && let Some(user) = turn.machine.state.users.first().cloned()
        {
            turn.json(200, &shown(&user));
        }
    }),
    Fault::new("get-own", &["users.get"], "answers with the authenticated user for every id").before(
        |turn| {
            if matches!(turn.asked.route, Route::User(_)) && turn.asked.method == "GET" {
                turn.set_path("/api/v1/users/me");
            }
        },
    ),
    Fault::new("get-unknown-403", &["users.get-unknown"], "answers 403 for an id of no user").after(|turn| {
        if turn.is("users.get-unknown") {
            turn.error(403, "Forbidden");
        }
    }),
    Fault::new("get-unknown-empty", &["users.get-unknown"], "answers 200 {} for an id of no user").after(
        |turn| {
            if turn.is("users.get-unknown") {
                turn.json(200, &json!({}));
            }
        },
    ),
    Fault::new("user-with-more", &["users.shape"], "shows a field of its own in a user").after(|turn| {
        turn.edit_users(|user| user["active"] = json!(true));
    }),
    Fault::new("user-empty-names", &["users.shape"], "shows a missing name as an empty string").after(
        |turn| {
            turn.edit_users(|user| {
                for name in ["first_name", "last_name"] {
                    if user[name].is_null() {
                        user[name] = json!("");
                    }
                }
            });
        },
    ),
    Fault::new("user-without-missing-names", &["users.shape"], "leaves missing names out").after(|turn| {
        turn.edit_users(|user| {
            if let Value::Object(fields) = user {
                fields.retain(|_, value| !value.is_null());
            }
        });
    }),
    Fault::new("timestamps-of-unix", &["users.timestamps"], "shows times as seconds since 1970").after(
        |turn| {
            turn.edit_users(|user| user["created_at"] = json!(1_500_000_000));
        },
    ),
    Fault::new("timestamps-local", &["users.timestamps"], "stores times two hours ahead of UTC").after(
        |turn| {
            if turn.is(CREATE) {
                change(turn, |user| {
                    user.created_at = user.created_at.map(|second| second + 7200);
                    user.updated_at = user.created_at;
                });
            }
        },
    ),
    Fault::new("shows-hash", &["users.hide-password"], "shows the hash of the password in every user").after(
        |turn| {
            let users = turn.machine.state.users.clone();
            turn.edit_users(|shown| {
                let of = users.iter().find(|user| shown["id"] == json!(user.id));
                shown["_password"] = json!(of.map(|user| hash(&user.password)));
            });
        },
    ),
    Fault::new("create-echoes-password", &["users.hide-password"], "answers a new user with its password")
        .after(|turn| {
            if turn.is(CREATE)
                && let Some(password) = sent(turn, "password")
            {
                turn.edit_users(|user| user["password"] = json!(password));
            }
        }),
    Fault::new("create-200", &[CREATE], "answers a new user with 200").after(|turn| {
        if turn.is(CREATE) {
            turn.answer.status = 200;
        }
    }),
    Fault::new("create-drops-names", &[CREATE], "ignores the names of a new user").after(|turn| {
        if turn.is(CREATE) {
            change(turn, |user| (user.first_name, user.last_name) = (None, None));
        }
    }),
    Fault::new("create-not-stored", &[CREATE], "answers with a new user that it does not store").after(
        |turn| {
            if turn.is(CREATE) {
                turn.undo();
            }
        },
    ),
    Fault::new("create-plain-password", &[CREATE], "stores the password so that it never matches").after(
        |turn| {
            if turn.is(CREATE) {
                change(turn, |user| user.password.insert(0, ' '));
            }
        },
    ),
    Fault::new(
        "create-wrong-format-text",
        &["users.create-wrong-format"],
        "answers a body that is no JSON with another error",
    )
    .after(|turn| {
        if turn.is("users.create-wrong-format") {
            turn.error(400, "Not a JSON");
        }
    }),
    Fault::new(
        "create-wrong-format-email",
        &["users.create-wrong-format"],
        "takes a body that is no JSON for an empty object",
    )
    .after(|turn| {
        if turn.is("users.create-wrong-format") {
            turn.error(400, "email missing");
        }
    }),
    Fault::new("create-empty-email", &["users.create-email-missing"], "stores users with an empty email")
        .after(|turn| {
            if turn.is("users.create-email-missing") && sent(turn, "email").is_some() {
                turn.json(201, &shown(&User { id: uuid::Uuid::new_v4().to_string(), ..User::default() }));
            }
        }),
    Fault::new(
        "create-password-first",
        &["users.create-email-missing"],
        "asks for a new user's password before the email",
    )
    .after(|turn| {
        if turn.is("users.create-email-missing") && sent(turn, "password").is_none_or(|text| text.is_empty())
        {
            turn.error(400, "password missing");
        }
    }),
    Fault::new(
        "create-password-404",
        &["users.create-password-missing"],
        "answers 404 to a new user without a password",
    )
    .after(|turn| {
        if turn.is("users.create-password-missing") {
            turn.error(404, "password missing");
        }
    }),
    Fault::new(
        "create-empty-password",
        &["users.create-password-missing"],
        "stores users with an empty password",
    )
    .after(|turn| {
        if turn.is("users.create-password-missing") && sent(turn, "password").is_some() {
            turn.json(201, &shown(&User { id: uuid::Uuid::new_v4().to_string(), ..User::default() }));
        }
    }),
    Fault::new("update-first-name-only", &[UPDATE], "ignores a new last name").after(|turn| {
        if turn.is(UPDATE)
            && let Route::User(id) = &turn.asked.route
        {
            let last_name = turn.was.user(id).and_then(|user| user.last_name.clone());
            change(turn, |user| user.last_name = last_name);
        }
    }),
    Fault::new("update-clears-absent", &[UPDATE], "clears a name that an update does not give").after(
        |turn| {
            if turn.is(UPDATE) {
                let (first_name, last_name) = (sent(turn, "first_name"), sent(turn, "last_name"));
                change(turn, |user| (user.first_name, user.last_name) = (first_name, last_name));
            }
        },
    ),
    Fault::new(
        "update-served-stale",
        &[UPDATE],
        "goes on answering with the user as it was before an update",
    )
    .after(|turn| {
        if turn.is("users.get")
            && let Route::User(id) = &turn.asked.route
            && let Some(user) = turn.memory.at_start.user(id).cloned()
        {
            turn.json(200, &shown(&user));
        }
    }),
    Fault::new("update-not-stored", &[UPDATE], "answers an update and forgets it").after(|turn| {
        if turn.is(UPDATE) {
            turn.undo();
        }
    }),
    Fault::new("update-of-newest", &[UPDATE], "changes the newest user, whatever the id").after(|turn| {
        if turn.is(UPDATE)
            && let Some(newest) = turn.was.users.last().map(|user| user.id.clone())
        {
            let (first_name, last_name) = (sent(turn, "first_name"), sent(turn, "last_name"));
            turn.undo();
            if let Some(user) = turn.machine.state.user_mut(&newest) {
                user.first_name = first_name.or(user.first_name.take());
                user.last_name = last_name.or(user.last_name.take());
            }
        }
    }),
    Fault::new("update-email", &["users.update-only-names"], "changes the email too").after(|turn| {
        if turn.is(UPDATE)
            && let Some(email) = sent(turn, "email")
        {
            change(turn, |user| user.email = email);
        }
    }),
    Fault::new("update-password", &["users.update-only-names"], "changes the password too").after(|turn| {
        if turn.is(UPDATE)
            && let Some(password) = sent(turn, "password")
        {
            change(turn, |user| user.password = password);
        }
    }),
    Fault::new("update-unknown-400", &["users.update-unknown"], "answers 400 to an update of no user").after(
        |turn| {
            if turn.is("users.update-unknown") {
                turn.error(400, "Wrong format");
            }
        },
    ),
    Fault::new(
        "update-wrong-format-ignored",
        &["users.update-wrong-format"],
        "answers an update that is no JSON with the user",
    )
    .after(|turn| {
        if turn.is("users.update-wrong-format")
            && let Route::User(id) = &turn.asked.route
        {
            turn.answer.status = 200;
            show(turn, id);
        }
    }),
    Fault::new("delete-204", &["users.delete"], "answers a deletion with 204 and nothing").after(|turn| {
        if turn.is("users.delete") {
            turn.answer.status = 204;
            turn.drop_header("content-type");
            turn.answer.body.clear();
        }
    }),
    Fault::new("delete-keeps", &["users.delete"], "answers a deletion and keeps the user").after(|turn| {
        if turn.is("users.delete") {
            turn.undo();
        }
    }),
    Fault::new(
        "delete-unknown-200",
        &["users.delete-unknown"],
        "answers the deletion of no user with 200 {}",
    )
    .after(|turn| {
        if turn.is("users.delete-unknown") {
            turn.json(200, &json!({}));
        }
    }),
    Fault::new("users-strict-slash", &["users.slash"], "does not know the users with a slash at the end")
        .after(|turn| {
            if turn.asked.route == Route::Users && turn.asked.path.ends_with('/') && turn.answer.status < 400
            {
                turn.undo();
                turn.error(404, "Not found");
            }
        }),
    Fault::new("user-strict-slash", &["users.slash"], "does not know one user with a slash at the end")
        .after(|turn| {
            let one = matches!(turn.asked.route, Route::User(_));
            if one && turn.asked.path.ends_with('/') && turn.answer.status < 400 {
                turn.undo();
                turn.error(404, "Not found");
            }
        }),
    Fault::new(
        "users-in-memory",
        &["users.persist"],
        "forgets at a restart the users made since the last one",
    )
    .restart(|turn| {
        turn.machine.state.users = turn.memory.at_start.users.clone();
    }),
    Fault::new("updates-in-memory", &["users.persist"], "forgets at a restart what was changed of users")
        .restart(|turn| {
            for user in &mut turn.machine.state.users {
                (user.first_name, user.last_name) = (None, None);
            }
        }),
    Fault::new("deletions-in-memory", &["users.persist"], "has deleted users again after a restart").restart(
        |turn| {
            for user in &turn.memory.at_start.users {
                if turn.machine.state.user(&user.id).is_none() {
                    turn.machine.state.users.push(user.clone());
                }
            }
        },
    ),
    Fault::new("me-oldest", &["me.authenticated"], "takes everybody for the oldest user in users/me").after(
        |turn| {
            if turn.is("me.authenticated")
                && let Some(user) = turn.machine.state.users.first().cloned()
            {
                turn.json(200, &shown(&user));
            }
        },
    ),
    Fault::new("me-is-an-id", &["me.authenticated"], "looks for a user whose id is \"me\"").after(|turn| {
        if turn.is("me.authenticated") {
            turn.error(404, "Not found");
        }
    }),
    Fault::new("me-nobody-500", &["me.nobody"], "crashes in users/me where nobody is authenticated").after(
        |turn| {
            if turn.is("me.nobody") {
                turn.error(500, "Internal Server Error");
            }
        },
    ),
    Fault::new("me-nobody-null", &["me.nobody"], "answers users/me of nobody with 200 and null").after(
        |turn| {
            if turn.is("me.nobody") {
                turn.json(200, &Value::Null);
            }
        },
    ),
];

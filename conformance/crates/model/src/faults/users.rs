//! Faults of the users: reading, creating, updating, deleting and keeping them.

use serde_json::{Value, json};

use super::{AfterRequest, Fault};
use crate::{Route, User, user_json};

const CREATE: &str = "users.create";
const UPDATE: &str = "users.update";

/// Replaces the body by the stored user with this id.
fn show_stored(ctx: &mut AfterRequest<'_>, id: &str) {
    if let Some(user) = ctx.machine.state.user(id).cloned() {
        ctx.set_json(ctx.answer.status, &user_json(&user));
    }
}

/// Changes the stored user that the answer shows, and then the answer.
fn change_stored(ctx: &mut AfterRequest<'_>, change: impl FnOnce(&mut User)) {
    let Some(id) = ctx.answer.json().and_then(|user| user["id"].as_str().map(str::to_owned)) else { return };
    if let Some(user) = ctx.machine.state.user_mut(&id) {
        change(user);
    }
    show_stored(ctx, &id);
}

/// Returns the hash of a password in the form of the documents' projects: SHA-256 in hexadecimal.
fn hash(password: &str) -> String {
    spec::digest::sha256_hex(password)
}

/// Returns a string field of the JSON object in the request.
fn sent_field(ctx: &AfterRequest<'_>, name: &str) -> Option<String> {
    ctx.parsed.object()?.get(name)?.as_str().map(str::to_owned)
}

pub(super) static FAULTS: &[Fault] = &[
    Fault::new("list-oldest-only", &["users.list"], "lists the oldest user only").after(|ctx| {
        if ctx.is_for("users.list") {
            ctx.edit_json(|users| {
                if let Value::Array(users) = users {
                    users.truncate(1);
                }
            });
        }
    }),
    Fault::new("list-cached", &["users.list"], "lists the users there were when it was started").after(
        |ctx| {
            if ctx.is_for("users.list") {
                let users: Value = ctx.memory.at_start.users.iter().map(user_json).collect();
                ctx.set_json(200, &users);
            }
        },
    ),
    Fault::new("get-oldest", &["users.get"], "answers with the oldest user for every id").after(|ctx| {
        if ctx.is_for("users.get")
            && let Some(user) = ctx.machine.state.users.first().cloned()
        {
            ctx.set_json(200, &user_json(&user));
        }
    }),
    Fault::new("get-own", &["users.get"], "answers with the authenticated user for every id").before(|ctx| {
        if matches!(ctx.parsed.route, Route::User(_)) && ctx.parsed.method == "GET" {
            ctx.set_path("/api/v1/users/me");
        }
    }),
    Fault::new("get-unknown-403", &["users.get-unknown"], "answers 403 for an id of no user").after(|ctx| {
        if ctx.is_for("users.get-unknown") {
            ctx.set_error(403, "Forbidden");
        }
    }),
    Fault::new("get-unknown-empty", &["users.get-unknown"], "answers 200 {} for an id of no user").after(
        |ctx| {
            if ctx.is_for("users.get-unknown") {
                ctx.set_json(200, &json!({}));
            }
        },
    ),
    Fault::new("user-with-more", &["users.shape"], "shows a field of its own in a user").after(|ctx| {
        ctx.edit_users(|user| user["active"] = json!(true));
    }),
    Fault::new("user-empty-names", &["users.shape"], "shows a missing name as an empty string").after(
        |ctx| {
            ctx.edit_users(|user| {
                for name in ["first_name", "last_name"] {
                    if user[name].is_null() {
                        user[name] = json!("");
                    }
                }
            });
        },
    ),
    Fault::new("user-without-missing-names", &["users.shape"], "leaves missing names out").after(|ctx| {
        ctx.edit_users(|user| {
            if let Value::Object(fields) = user {
                fields.retain(|_, value| !value.is_null());
            }
        });
    }),
    Fault::new("timestamps-of-unix", &["users.timestamps"], "shows times as seconds since 1970").after(
        |ctx| {
            ctx.edit_users(|user| user["created_at"] = json!(1_500_000_000));
        },
    ),
    Fault::new("timestamps-local", &["users.timestamps"], "stores times two hours ahead of UTC").after(
        |ctx| {
            if ctx.is_for(CREATE) {
                change_stored(ctx, |user| {
                    user.created_at = user.created_at.map(|second| second + 7200);
                    user.updated_at = user.created_at;
                });
            }
        },
    ),
    Fault::new("shows-hash", &["users.hide-password"], "shows the hash of the password in every user").after(
        |ctx| {
            let users = ctx.machine.state.users.clone();
            ctx.edit_users(|shown| {
                let of = users.iter().find(|user| shown["id"] == json!(user.id));
                shown["_password"] = json!(of.map(|user| hash(&user.password)));
            });
        },
    ),
    Fault::new("create-echoes-password", &["users.hide-password"], "answers a new user with its password")
        .after(|ctx| {
            if ctx.is_for(CREATE)
                && let Some(password) = sent_field(ctx, "password")
            {
                ctx.edit_users(|user| user["password"] = json!(password));
            }
        }),
    Fault::new("create-200", &[CREATE], "answers a new user with 200").after(|ctx| {
        if ctx.is_for(CREATE) {
            ctx.answer.status = 200;
        }
    }),
    Fault::new("create-drops-names", &[CREATE], "ignores the names of a new user").after(|ctx| {
        if ctx.is_for(CREATE) {
            change_stored(ctx, |user| (user.first_name, user.last_name) = (None, None));
        }
    }),
    Fault::new("create-not-stored", &[CREATE], "answers with a new user that it does not store").after(
        |ctx| {
            if ctx.is_for(CREATE) {
                ctx.undo();
            }
        },
    ),
    Fault::new("create-plain-password", &[CREATE], "stores the password so that it never matches").after(
        |ctx| {
            if ctx.is_for(CREATE) {
                change_stored(ctx, |user| user.password.insert(0, ' '));
            }
        },
    ),
    Fault::new(
        "create-wrong-format-text",
        &["users.create-wrong-format"],
        "answers a body that is no JSON with another error",
    )
    .after(|ctx| {
        if ctx.is_for("users.create-wrong-format") {
            ctx.set_error(400, "Not a JSON");
        }
    }),
    Fault::new(
        "create-wrong-format-email",
        &["users.create-wrong-format"],
        "takes a body that is no JSON for an empty object",
    )
    .after(|ctx| {
        if ctx.is_for("users.create-wrong-format") {
            ctx.set_error(400, "email missing");
        }
    }),
    Fault::new("create-empty-email", &["users.create-email-missing"], "stores users with an empty email")
        .after(|ctx| {
            if ctx.is_for("users.create-email-missing") && sent_field(ctx, "email").is_some() {
                ctx.set_json(
                    201,
                    &user_json(&User { id: uuid::Uuid::new_v4().to_string(), ..User::default() }),
                );
            }
        }),
    Fault::new(
        "create-password-first",
        &["users.create-email-missing"],
        "asks for a new user's password before the email",
    )
    .after(|ctx| {
        if ctx.is_for("users.create-email-missing")
            && sent_field(ctx, "password").is_none_or(|text| text.is_empty())
        {
            ctx.set_error(400, "password missing");
        }
    }),
    Fault::new(
        "create-password-404",
        &["users.create-password-missing"],
        "answers 404 to a new user without a password",
    )
    .after(|ctx| {
        if ctx.is_for("users.create-password-missing") {
            ctx.set_error(404, "password missing");
        }
    }),
    Fault::new(
        "create-empty-password",
        &["users.create-password-missing"],
        "stores users with an empty password",
    )
    .after(|ctx| {
        if ctx.is_for("users.create-password-missing") && sent_field(ctx, "password").is_some() {
            ctx.set_json(201, &user_json(&User { id: uuid::Uuid::new_v4().to_string(), ..User::default() }));
        }
    }),
    Fault::new("update-first-name-only", &[UPDATE], "ignores a new last name").after(|ctx| {
        if ctx.is_for(UPDATE)
            && let Route::User(id) = &ctx.parsed.route
        {
            let last_name = ctx.previous.user(id).and_then(|user| user.last_name.clone());
            change_stored(ctx, |user| user.last_name = last_name);
        }
    }),
    Fault::new("update-clears-absent", &[UPDATE], "clears a name that an update does not give").after(
        |ctx| {
            if ctx.is_for(UPDATE) {
                let (first_name, last_name) = (sent_field(ctx, "first_name"), sent_field(ctx, "last_name"));
                change_stored(ctx, |user| (user.first_name, user.last_name) = (first_name, last_name));
            }
        },
    ),
    Fault::new(
        "update-served-stale",
        &[UPDATE],
        "goes on answering with the user as it was before an update",
    )
    .after(|ctx| {
        if ctx.is_for("users.get")
            && let Route::User(id) = &ctx.parsed.route
            && let Some(user) = ctx.memory.at_start.user(id).cloned()
        {
            ctx.set_json(200, &user_json(&user));
        }
    }),
    Fault::new("update-not-stored", &[UPDATE], "answers an update and forgets it").after(|ctx| {
        if ctx.is_for(UPDATE) {
            ctx.undo();
        }
    }),
    Fault::new("update-of-newest", &[UPDATE], "changes the newest user, whatever the id").after(|ctx| {
        if ctx.is_for(UPDATE)
            && let Some(newest) = ctx.previous.users.last().map(|user| user.id.clone())
        {
            let (first_name, last_name) = (sent_field(ctx, "first_name"), sent_field(ctx, "last_name"));
            ctx.undo();
            if let Some(user) = ctx.machine.state.user_mut(&newest) {
                user.first_name = first_name.or(user.first_name.take());
                user.last_name = last_name.or(user.last_name.take());
            }
        }
    }),
    Fault::new("update-email", &["users.update-only-names"], "changes the email too").after(|ctx| {
        if ctx.is_for(UPDATE)
            && let Some(email) = sent_field(ctx, "email")
        {
            change_stored(ctx, |user| user.email = email);
        }
    }),
    Fault::new("update-password", &["users.update-only-names"], "changes the password too").after(|ctx| {
        if ctx.is_for(UPDATE)
            && let Some(password) = sent_field(ctx, "password")
        {
            change_stored(ctx, |user| user.password = password);
        }
    }),
    Fault::new("update-unknown-400", &["users.update-unknown"], "answers 400 to an update of no user").after(
        |ctx| {
            if ctx.is_for("users.update-unknown") {
                ctx.set_error(400, "Wrong format");
            }
        },
    ),
    Fault::new(
        "update-wrong-format-ignored",
        &["users.update-wrong-format"],
        "answers an update that is no JSON with the user",
    )
    .after(|ctx| {
        if ctx.is_for("users.update-wrong-format")
            && let Route::User(id) = &ctx.parsed.route
        {
            ctx.answer.status = 200;
            show_stored(ctx, id);
        }
    }),
    Fault::new("delete-204", &["users.delete"], "answers a deletion with 204 and nothing").after(|ctx| {
        if ctx.is_for("users.delete") {
            ctx.answer.status = 204;
            ctx.drop_header("content-type");
            ctx.answer.body.clear();
        }
    }),
    Fault::new("delete-keeps", &["users.delete"], "answers a deletion and keeps the user").after(|ctx| {
        if ctx.is_for("users.delete") {
            ctx.undo();
        }
    }),
    Fault::new(
        "delete-unknown-200",
        &["users.delete-unknown"],
        "answers the deletion of no user with 200 {}",
    )
    .after(|ctx| {
        if ctx.is_for("users.delete-unknown") {
            ctx.set_json(200, &json!({}));
        }
    }),
    Fault::new("users-strict-slash", &["users.slash"], "does not know the users with a slash at the end")
        .after(|ctx| {
            if ctx.parsed.route == Route::Users && ctx.parsed.path.ends_with('/') && ctx.answer.status < 400 {
                ctx.undo();
                ctx.set_error(404, "Not found");
            }
        }),
    Fault::new("user-strict-slash", &["users.slash"], "does not know one user with a slash at the end")
        .after(|ctx| {
            let one = matches!(ctx.parsed.route, Route::User(_));
            if one && ctx.parsed.path.ends_with('/') && ctx.answer.status < 400 {
                ctx.undo();
                ctx.set_error(404, "Not found");
            }
        }),
    Fault::new(
        "users-in-memory",
        &["users.persist"],
        "forgets at a restart the users made since the last one",
    )
    .restart(|ctx| {
        ctx.machine.state.users = ctx.memory.at_start.users.clone();
    }),
    Fault::new("updates-in-memory", &["users.persist"], "forgets at a restart what was changed of users")
        .restart(|ctx| {
            for user in &mut ctx.machine.state.users {
                (user.first_name, user.last_name) = (None, None);
            }
        }),
    Fault::new("deletions-in-memory", &["users.persist"], "has deleted users again after a restart").restart(
        |ctx| {
            for user in &ctx.memory.at_start.users {
                if ctx.machine.state.user(&user.id).is_none() {
                    ctx.machine.state.users.push(user.clone());
                }
            }
        },
    ),
    Fault::new("me-oldest", &["me.authenticated"], "takes everybody for the oldest user in users/me").after(
        |ctx| {
            if ctx.is_for("me.authenticated")
                && let Some(user) = ctx.machine.state.users.first().cloned()
            {
                ctx.set_json(200, &user_json(&user));
            }
        },
    ),
    Fault::new("me-is-an-id", &["me.authenticated"], "looks for a user whose id is \"me\"").after(|ctx| {
        if ctx.is_for("me.authenticated") {
            ctx.set_error(404, "Not found");
        }
    }),
    Fault::new("me-nobody-500", &["me.nobody"], "crashes in users/me where nobody is authenticated").after(
        |ctx| {
            if ctx.is_for("me.nobody") {
                ctx.set_error(500, "Internal Server Error");
            }
        },
    ),
    Fault::new("me-nobody-null", &["me.nobody"], "answers users/me of nobody with 200 and null").after(
        |ctx| {
            if ctx.is_for("me.nobody") {
                ctx.set_json(200, &Value::Null);
            }
        },
    ),
];

//! The handler of the login.

use super::{AuthenticatedRequest, EMAIL_MISSING, PASSWORD_MISSING};
use crate::Unspecified;
use crate::identify::{CredentialError, find_user};
use crate::response::{AllowedResponse, Body, Effect, Status};

impl AuthenticatedRequest<'_> {
    /// Returns the responses to POST of a login (login.*).
    pub(super) fn log_in(&self) -> Vec<AllowedResponse> {
        if !self.rules.mode.is_session() {
            return vec![AllowedResponse::unspecified(Unspecified::NoSessionsHere, Status::Any)];
        }
        let given = |name| self.parsed.form_field(name).filter(|value| !value.is_empty());
        let Some(email) = given("email") else {
            let missing = AllowedResponse::error("login.email-missing", 400, EMAIL_MISSING);
            let mut all = vec![missing];
            let multipart = |kind: &str| kind.to_ascii_lowercase().contains("multipart/form-data");
            if self.parsed.header("content-type").any(multipart) {
                all.push(AllowedResponse::unspecified(Unspecified::MultipartLogin, Status::Below500));
            }
            return all;
        };
        let Some(password) = given("password") else {
            return vec![AllowedResponse::error("login.password-missing", 400, PASSWORD_MISSING)];
        };
        vec![match find_user(self.state, &email, &password) {
            Ok(user) => AllowedResponse::new("login.ok", 200, Body::User(user.clone()))
                .with_effect(Effect::LogIn(user.id.clone())),
            Err(CredentialError::UnknownEmail) => {
                AllowedResponse::error("login.unknown-email", 404, "no user found for this email")
            }
            Err(CredentialError::WrongPassword) => {
                AllowedResponse::error("login.wrong-password", 401, "wrong password")
            }
        }]
    }
}

//! IAM Identity Center as far as a signed-in profile needs it: an account's credentials for a cached token. Checks no token.

use bytes::Bytes;
use http::{Request, Response, header};
use sandbox_eks::account::Credentials;
use serde_json::json;

use super::Aws;
use crate::call::Call;

impl Aws {
    /// `GetRoleCredentials`; anything else of the sign-in is for a browser.
    pub(super) fn sso(&self, call: &Call, request: &Request<Bytes>) -> Response<Bytes> {
        let query = request.uri().query().unwrap_or_default();
        let account =
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "account_id").map(|(_, value)| value);
        let credentials =
            account.map(|account| Credentials::of(&account)).and_then(|of| Credentials::find(&of.access_key));
        let (Some(credentials), "/federation/credentials") = (credentials, request.uri().path()) else {
            let message = format!("the sandbox does not serve {} {}", call.service, call.operation);
            return self.refuse(call, "the sandbox does not serve this operation", 501, "NotImplemented", &message);
        };
        // Far beyond the life of any sandbox, in milliseconds: the year 2100.
        let expiration = 4_102_444_800_000_u64;
        let Credentials { access_key, secret, .. } = credentials;
        let body = json!({ "roleCredentials": {
            "accessKeyId": access_key, "secretAccessKey": secret, "sessionToken": "sandbox", "expiration": expiration,
        } });
        let mut answer = Response::new(Bytes::from(body.to_string()));
        answer.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        answer
    }
}

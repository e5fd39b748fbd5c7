//! STS: who the caller is, answered here because moto knows one user only; roles to assume, answered by moto and remembered.

use bytes::Bytes;
use http::{Request, Response, header};

use super::Aws;
use crate::answer::{self, escape};
use crate::call::Call;
use crate::principal::Principal;

impl Aws {
    pub(super) async fn sts(
        &self,
        call: &Call,
        caller: Option<&Principal>,
        request: Request<Bytes>,
    ) -> Response<Bytes> {
        match (call.operation.as_str(), caller) {
            ("GetCallerIdentity", Some(caller)) => caller_identity(caller),
            ("AssumeRole" | "AssumeRoleWithWebIdentity" | "AssumeRoleWithSAML", _) => {
                self.assume_role(call, caller, request).await
            }
            (operation, _) => {
                let message = format!("the sandbox does not serve sts {operation}");
                self.refuse(call, "the sandbox does not serve this operation", 501, "NotImplemented", &message)
            }
        }
    }

    /// moto assumes roles that do not exist; AWS does not.
    async fn assume_role(&self, call: &Call, caller: Option<&Principal>, request: Request<Bytes>) -> Response<Bytes> {
        let arn = call.key.as_deref().unwrap_or_default();
        let fields: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, "iam", _, account, role] = fields[..] else {
            return answer::error(call, 400, "ValidationError", &format!("{arn} is invalid"));
        };
        let name = role.rsplit('/').next().unwrap_or_default();
        let found = self
            .moto
            .query(account, "us-east-1", "iam", &[("Action", "GetRole"), ("Version", "2010-05-08"), ("RoleName", name)])
            .await;
        if found.is_err() {
            let caller = caller.map_or("anonymous", |caller| &caller.arn);
            let message =
                format!("User: {caller} is not authorized to perform: sts:{} on resource: {arn}", call.operation);
            return answer::error(call, 403, "AccessDenied", &message);
        }
        let answer = self.moto(call, account, request).await;
        if answer.status().is_success() {
            self.principals.learn(&String::from_utf8_lossy(answer.body()), caller);
        }
        answer
    }
}

fn caller_identity(Principal { account, arn, user_id }: &Principal) -> Response<Bytes> {
    let (arn, user_id) = (escape(arn), escape(user_id));
    let request_id = uuid::Uuid::new_v4();
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>{arn}</Arn>\
         <UserId>{user_id}</UserId><Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    let mut answer = Response::new(Bytes::from(body));
    answer.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("text/xml"));
    answer
}

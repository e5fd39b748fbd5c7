//! The JSON schemas of add-ons' values, in the form in which EKS has them: one definition that allows no further members. Pure.

use boon::ErrorKind;
use serde_json::{Map, Value, json};

/// The schema of an add-on with these members.
pub(super) fn of(name: &str, members: &[&str]) -> Value {
    let properties: Map<String, Value> = members.iter().map(|one| ((*one).to_owned(), member(name, one))).collect();
    let title: String = name.split(['-', '_']).map(capital).collect();
    let definition = json!({"additionalProperties": false, "properties": properties, "title": title, "type": "object"});
    json!({
        "$ref": format!("#/definitions/{title}"),
        "$schema": "http://json-schema.org/draft-06/schema#",
        "definitions": {title: definition},
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

fn member(add_on: &str, name: &str) -> Value {
    match (add_on, name) {
        ("vpc-cni", "env") => json!({
            "additionalProperties": false,
            "properties": {
                "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": {"format": "boolean", "type": "string"},
                "AWS_VPC_K8S_CNI_EXTERNALSNAT": {"format": "boolean", "type": "string"},
                "AWS_VPC_K8S_CNI_LOGLEVEL": {"type": "string"},
                "ENABLE_POD_ENI": {"format": "boolean", "type": "string"},
                "ENABLE_PREFIX_DELEGATION": {"format": "boolean", "type": "string"},
                "ENI_CONFIG_LABEL_DEF": {"type": "string"},
                "MINIMUM_IP_TARGET": {"format": "integer", "type": "string"},
                "WARM_ENI_TARGET": {"format": "integer", "type": "string"},
                "WARM_IP_TARGET": {"format": "integer", "type": "string"},
                "WARM_PREFIX_TARGET": {"format": "integer", "type": "string"},
            },
            "title": "Env",
            "type": "object",
        }),
        ("coredns", "autoScaling") => json!({
            "additionalProperties": false,
            "properties": {
                "enabled": {"default": false, "type": "boolean"},
                "maxReplicas": {"type": "integer"},
                "minReplicas": {"type": "integer"},
            },
            "required": ["enabled"],
            "type": "object",
        }),
        (_, "podDisruptionBudget") => json!({
            "properties": {
                "enabled": {"default": true, "type": "boolean"},
                "maxUnavailable": {"anyOf": [{"pattern": ".*%$", "type": "string"}, {"type": "integer"}], "default": 1},
                "minAvailable": {"anyOf": [{"pattern": ".*%$", "type": "string"}, {"type": "integer"}]},
            },
            "type": "object",
        }),
        ("external-dns", "policy") => json!({"enum": ["sync", "upsert-only", "create-only"], "type": "string"}),
        (_, "affinity") => json!({"default": {}, "type": ["object", "null"]}),
        (_, "nodeSelector" | "podLabels") => json!({"additionalProperties": {"type": "string"}, "type": "object"}),
        (_, "tolerations" | "topologySpreadConstraints") => json!({"items": {"type": "object"}, "type": "array"}),
        (_, "domainFilters" | "extraArgs" | "sources") => json!({"items": {"type": "string"}, "type": "array"}),
        (_, "replicaCount" | "replicas" | "livenessProbeTimeoutSeconds" | "readinessProbeTimeoutSeconds") => {
            json!({"type": "integer"})
        }
        (_, "fips" | "nodeComponentOnly") => json!({"type": "boolean"}),
        (_, "enableNetworkPolicy" | "enableWindowsIpam") => json!({"format": "boolean", "type": "string"}),
        (_, "clusterName" | "computeType" | "corefile" | "mode" | "priorityClassName" | "txtOwnerId" | "txtPrefix") => {
            json!({"type": "string"})
        }
        _ => json!({"type": "object"}),
    }
}

/// Where values do not fit, in the words of EKS's validator.
pub(super) fn faults(schema: &Value, values: &Value) -> Vec<String> {
    const NAME: &str = "https://schema.invalid/values.json";
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource(NAME, schema.clone()).expect("a name");
    let compiled = compiler.compile(NAME, &mut schemas).expect("the schemas of this module are schemas");
    let mut found = Vec::new();
    if let Err(fault) = schemas.validate(values, compiled) {
        collect(&fault, &mut found);
    }
    found.sort();
    found
}

fn collect(fault: &boon::ValidationError<'_, '_>, found: &mut Vec<String>) {
    if !fault.causes.is_empty() {
        return fault.causes.iter().for_each(|cause| collect(cause, found));
    }
    let place = format!("${}", fault.instance_location.to_string().replace('/', "."));
    match &fault.kind {
        ErrorKind::AdditionalProperties { got } => found.extend(got.iter().map(|name| {
            format!("{place}.{name}: is not defined in the schema and the schema does not allow additional properties")
        })),
        ErrorKind::Type { got, want } => {
            let want: Vec<String> = want.iter().map(|one| one.to_string()).collect();
            found.push(format!("{place}: {got} found, {} expected", want.join(" or ")));
        }
        other => found.push(format!("{place}: {other}")),
    }
}

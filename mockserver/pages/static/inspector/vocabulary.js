// Words of the control API that its forms offer. A test holds them to the document.

export const EVENT_TYPES = [
  "partner.customer.deposit.created",
  "partner.customer.deposit.initiated",
  "partner.customer.deposit.submitted",
  "partner.customer.deposit.accepted",
  "partner.customer.deposit.failed",
  "partner.customer.deposit.completed",
  "transaction.status.changed",
];

export const PROBLEM_CODES = [
  "missing_credentials",
  "unknown_api_key",
  "malformed_timestamp",
  "timestamp_out_of_window",
  "invalid_signature",
  "flow_not_enabled",
  "not_found",
  "session_not_found",
  "method_not_allowed",
  "not_acceptable",
  "body_too_large",
  "unsupported_media_type",
  "malformed_json",
  "invalid_request",
  "amount_out_of_range",
  "idempotency_key_reused",
  "idempotency_in_progress",
  "rate_limited",
  "internal_error",
  "service_unavailable",
];

export const OPERATIONS = [
  "createHostedSession",
  "createHostedSessionForPartnerManagedCustomer",
  "createEmbeddedSessionForPartnerManagedCustomer",
  "getSession",
  "getPayerSession",
  "listBanks",
  "identifyPayer",
  "makeDeposit",
  "giveConsent",
  "exitSession",
];

export const PACES = {
  at_once: "At once",
  timer: "On a timer",
  manual: "Step by step",
};

export const BEHAVIOURS = {
  duplicate: "Send it twice",
  reorder: "Hold it back behind another",
  delay: "Delay it",
  wrong_signature: "Sign other bytes",
  stale_timestamp: "Sign for a time long ago",
  truncated_body: "Cut the body in half",
};

export const CHECKS = {
  path: "Path",
  method: "Method",
  size: "Size",
  credentials: "Credentials are there",
  api_key: "ApiKey is known",
  timestamp_form: "Timestamp is one",
  timestamp_window: "Timestamp is recent",
  signature: "Signature",
  rate: "Rate",
  flow: "Flow is enabled",
  accept: "Accept",
  content_type: "Content-Type",
  json: "JSON",
  schema: "Schema",
  amount: "Amount",
  idempotency_key: "Idempotency key",
  session: "Session",
  step: "Step",
};

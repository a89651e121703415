//! Tests: what vendors really send when they refuse.

use super::*;
use crate::provider::ProviderKind;

fn answer(status: u16, body: &str) -> Refusal {
    Refusal::from_answer(
        status,
        &HeaderMap::new(),
        body.as_bytes(),
        SystemTime::now(),
    )
}

#[test]
fn every_vendors_refusals_are_sorted() {
    use ProviderErrorKind::*;
    let table = [
        // Anthropic
        (
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_1"}"#,
            Unauthorized,
        ),
        (
            403,
            r#"{"type":"error","error":{"type":"permission_error","message":"no"}}"#,
            Unauthorized,
        ),
        (
            402,
            r#"{"type":"error","error":{"type":"billing_error","message":"pay"}}"#,
            OutOfCredit,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
            OutOfCredit,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01"}}"#,
            OutOfCredit,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
            ContextOverflow,
        ),
        (
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
            ContextOverflow,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-nope"}}"#,
            UnknownModel,
        ),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#,
            RateLimited,
        ),
        (
            500,
            r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#,
            Overloaded,
        ),
        (
            504,
            r#"{"type":"error","error":{"type":"timeout_error","message":"Request timeout"}}"#,
            Overloaded,
        ),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Unavailable,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one message is required"}}"#,
            BadRequest,
        ),
        // OpenAI
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-a***z.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
            Unauthorized,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            OutOfCredit,
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit reached for gpt in organization org on tokens per min","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
            RateLimited,
        ),
        (
            404,
            r#"{"error":{"message":"The model `gpt-nope` does not exist or you do not have access to it.","type":"invalid_request_error","param":null,"code":"model_not_found"}}"#,
            UnknownModel,
        ),
        (
            404,
            r#"{"error":{"message":"Invalid URL (POST /v1/nope)","type":"invalid_request_error","param":null,"code":null}}"#,
            BadRequest,
        ),
        (
            404,
            r#"{"error":{"message":"This is not a chat model and thus not supported in the v1/chat/completions endpoint.","type":"invalid_request_error","param":"model","code":null}}"#,
            UnknownModel,
        ),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 8192 tokens. However, you requested 9000.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
            ContextOverflow,
        ),
        (
            503,
            r#"{"error":{"message":"The engine is currently overloaded","type":"server_error"}}"#,
            Unavailable,
        ),
        // llama.cpp
        (
            400,
            include_str!("../../../fixtures/transcripts/llama.cpp/chat-context-overflow.txt"),
            ContextOverflow,
        ),
        (
            400,
            include_str!("../../../fixtures/transcripts/llama.cpp/messages-context-overflow.txt"),
            ContextOverflow,
        ),
        (
            400,
            include_str!("../../../fixtures/transcripts/llama.cpp/chat-bad-request.txt"),
            BadRequest,
        ),
        (
            503,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
            Unavailable,
        ),
        (
            401,
            r#"{"error":{"code":401,"message":"Invalid API Key","type":"authentication_error"}}"#,
            Unauthorized,
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}"#,
            BadRequest,
        ),
        // vLLM, LM Studio, OpenRouter, DeepSeek, Gemini, FastAPI
        (
            404,
            r#"{"object":"error","message":"The model `m` does not exist.","type":"NotFoundError","param":null,"code":404}"#,
            UnknownModel,
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}"#,
            ContextOverflow,
        ),
        (
            400,
            r#"{"error":"The number of tokens to keep from the initial prompt is greater than the context length."}"#,
            ContextOverflow,
        ),
        (
            404,
            r#"{"error":{"message":"No models loaded.","type":"invalid_request_error","code":"model_not_found"}}"#,
            UnknownModel,
        ),
        (
            400,
            r#"{"error":{"message":"nope/x is not a valid model ID","code":400}}"#,
            UnknownModel,
        ),
        (
            402,
            r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#,
            OutOfCredit,
        ),
        (
            429,
            r#"[{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"}}]"#,
            RateLimited,
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","seed"],"msg":"extra fields not permitted","input":"prose"}]}"#,
            BadRequest,
        ),
        // Ollama
        (
            404,
            r#"{"error":"model \"llama9\" not found, try pulling it first"}"#,
            UnknownModel,
        ),
        (404, r#"{"error":"model 'llama9' not found"}"#, UnknownModel),
        (
            400,
            r#"{"error":"the prompt is longer than the context length currently available to the model"}"#,
            ContextOverflow,
        ),
        (
            500,
            r#"{"error":"model requires more system memory (5.6 GiB) than is available (3.9 GiB)"}"#,
            BadRequest,
        ),
        (
            500,
            r#"{"error":"model runner has unexpectedly stopped"}"#,
            Overloaded,
        ),
        (
            401,
            r#"{"error":"unauthorized","signin_url":"https://ollama.com/connect"}"#,
            Unauthorized,
        ),
        // Proxies
        (
            502,
            "<html><head><title>502 Bad Gateway</title></head></html>",
            Unavailable,
        ),
        (403, "", Unauthorized),
        (404, "404 page not found", BadRequest),
        (418, "short and stout", BadRequest),
    ];
    for (status, body, expected) in table {
        assert_eq!(answer(status, body).kind(), expected, "{status} {body}");
    }
}

#[test]
fn errors_within_a_stream_have_no_status_but_a_kind() {
    use ProviderErrorKind::*;
    for (event, expected) in [
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            Overloaded,
        ),
        (
            r#"{"error":{"code":502,"message":"Provider returned error"}}"#,
            Unavailable,
        ),
        (r#"{"error":{"code":"429","message":"Slow"}}"#, RateLimited),
        (
            r#"{"error":{"message":"Rate limit","code":"rate_limit_exceeded"}}"#,
            RateLimited,
        ),
        (
            r#"{"error":"an error was encountered while running the model"}"#,
            Overloaded,
        ),
        (
            r#"{"error":{"type":"exceed_context_size_error","code":400}}"#,
            ContextOverflow,
        ),
        (r#"{"error":{}}"#, Overloaded),
        (r#"{"error":[1,2]}"#, Overloaded),
    ] {
        let value = serde_json::from_str(event).expect("JSON");
        assert_eq!(Refusal::from_value(&value).kind(), expected, "{event}");
    }
}

#[test]
fn a_quota_of_a_minute_is_a_wait_and_not_the_end() {
    use ProviderErrorKind::*;
    let gemini = |quota: &str| {
        let body = serde_json::json!([{"error": {
            "code": 429,
            "message": "You exceeded your current quota, please check your plan and billing details.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {"violations": [{"quotaId": quota}]},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "11s"},
            ],
        }}]);
        body.to_string()
    };
    let table = [
        (gemini("GenerateRequestsPerMinutePerProject"), RateLimited, Some(11)),
        (gemini("GenerateRequestsPerDayPerProject"), OutOfCredit, Some(11)),
        (
            r#"{"error":{"message":"Quota exceeded: 20 requests per minute"}}"#.to_owned(),
            RateLimited,
            None,
        ),
        (
            r#"{"error":{"message":"You exceeded your current quota, please check your plan.","type":"insufficient_quota","code":"insufficient_quota"}}"#.to_owned(),
            OutOfCredit,
            None,
        ),
        (
            "Too many requests. Try again in 20 seconds.".to_owned(),
            RateLimited,
            Some(20),
        ),
    ];
    for (body, kind, seconds) in table {
        let refusal = answer(429, &body);
        assert_eq!(refusal.kind(), kind, "{body}");
        assert_eq!(
            refusal.retry_after,
            seconds.map(Duration::from_secs),
            "{body}"
        );
    }
}

#[test]
fn a_server_that_loads_or_restarts_is_unavailable() {
    for (status, body) in [
        (
            503,
            r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
        ),
        (503, ""),
        (502, "<html><title>Bad Gateway</title></html>"),
        (500, r#"{"error":{"message":"Loading model"}}"#),
    ] {
        let kind = answer(status, body).kind();
        assert_eq!(kind, ProviderErrorKind::Unavailable, "{status} {body}");
    }
}

#[test]
fn only_telling_headers_are_kept() {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("request-id", "req_1"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("set-cookie", "session=secret"),
        ("authorization", "Bearer secret"),
    ] {
        headers.insert(name, value.parse().expect("a header value"));
    }
    let kept = telling_headers(&headers);
    assert_eq!(kept.len(), 2);
    assert!(!format!("{kept:?}").contains("secret"));
}

#[test]
fn a_vendors_refusal_names_vendor_and_variable() {
    let server = Server {
        kind: ProviderKind::Anthropic,
        host: "api.anthropic.com".into(),
        vendor: true,
        has_key: true,
    };
    let body = r#"{"error":{"type":"authentication_error","message":"invalid x-api-key"}}"#;
    let error = answer(401, body).into_error(&server, "m", &Secrets::default());
    assert_eq!(
        error.message,
        "Anthropic refused the key (401, invalid x-api-key). Check ANTHROPIC_API_KEY, or \
         api_key_env or api_key_command in your user settings."
    );
}

//! `--transform` and `--raw-output`, as a person would type them.

use crate::server::{Reply, Server, file_object};
use crate::support::{Openai, retrieve};

/// A server with one file that has something of everything.
fn server() -> Server {
    let file = file_object()
        .with("bytes", "120000")
        .with("expires_at", "null")
        .with("tags", r#"["b","a",[1,2]]"#)
        .with("meta", r#"{"x.y":1.50,"name":"n"}"#)
        .with("text", r#""{\"inner\":[1]}""#);
    Server::replying(Reply::json(200, file.to_string()))
}

/// `openai files retrieve a --transform …`
fn transform(server: &Server, path: &str) -> Openai {
    retrieve()
        .args(["a", "--format", "jsonl", "--transform", path])
        .server(server)
}

#[test]
fn paths_and_modifiers() {
    let server = server();
    for (path, expected) in [
        ("status", "\"uploaded\""),
        ("expires_at", "null"),
        ("bytes", "120000"),
        (r"meta.x\.y", "1.50"),
        ("tags.0", "\"b\""),
        ("tags.#", "3"),
        ("meta.n*", "\"n\""),
        ("{id,status}", r#"{"id":"id","status":"uploaded"}"#),
        (
            r#"{"name":filename,bytes}"#,
            r#"{"name":"filename","bytes":120000}"#,
        ),
        ("[id,bytes]", "[\"id\",120000]"),
        ("tags|0", "\"b\""),
        ("meta.@this", r#"{"x.y":1.50,"name":"n"}"#),
        ("tags.@reverse", "[[1,2],\"a\",\"b\"]"),
        ("meta.@keys", r#"["x.y","name"]"#),
        ("meta.@values", "[1.50,\"n\"]"),
        ("meta.@tostr", r#""{\"x.y\":1.50,\"name\":\"n\"}""#),
        ("text.@fromstr", r#"{"inner":[1]}"#),
        ("text.@fromstr.inner.0", "1"),
        ("meta.@valid", r#"{"x.y":1.50,"name":"n"}"#),
        ("tags.@flatten", "[\"b\",\"a\",1,2]"),
        ("[meta,{id}].@join", r#"{"x.y":1.50,"name":"n","id":"id"}"#),
        ("meta.@ugly", r#"{"x.y":1.50,"name":"n"}"#),
        ("meta.@pretty", r#"{"x.y":1.50,"name":"n"}"#),
    ] {
        transform(&server, path)
            .run()
            .is(0, format!("{expected}\n"), "");
    }
}

#[test]
fn the_result_is_printed_in_the_format() {
    let server = server();
    for (format, path, expected) in [
        (
            "json",
            "{id,bytes}",
            "{\n  \"id\": \"id\",\n  \"bytes\": 120000\n}\n",
        ),
        ("auto", "status", "\"uploaded\"\n"),
        ("json", "expires_at", "null\n"),
        ("raw", "meta", "{\"x.y\":1.50,\"name\":\"n\"}\n"),
        (
            "raw",
            "meta.@pretty",
            "{\n  \"x.y\": 1.50,\n  \"name\": \"n\"\n}\n",
        ),
        ("yaml", "tags", "- b\n- a\n- - 1\n  - 2\n"),
        ("yaml", "status", "uploaded\n"),
        (
            "pretty",
            "meta",
            "╭─ files retrieve ─╮\n│ x.y: 1.50        │\n│ name: n          │\n╰──────────────────╯\n",
        ),
        ("table", "meta", "x.y   1.50\nname  n\n"),
        ("table", "status", "\"uploaded\"\n"),
    ] {
        transform(&server, path)
            .args(["--format", format])
            .run()
            .is(0, expected, "");
    }
}

#[test]
fn raw_output_takes_the_quotes_off_strings_only() {
    let server = server();
    for (path, expected) in [
        ("status", "uploaded\n"),
        ("text", "{\"inner\":[1]}\n"),
        (
            "meta.@pretty.@tostr",
            "{\n  \"x.y\": 1.50,\n  \"name\": \"n\"\n}\n",
        ),
        ("bytes", "120000\n"),
        ("expires_at", "null\n"),
        ("tags", "[\"b\",\"a\",[1,2]]\n"),
    ] {
        for flag in ["-r", "--raw-output"] {
            transform(&server, path)
                .args([flag])
                .run()
                .is(0, expected, "");
        }
    }
    // In every format.
    for format in ["auto", "json", "raw", "yaml", "pretty", "table"] {
        transform(&server, "status")
            .args(["-r", "--format", format])
            .run()
            .is(0, "uploaded\n", "");
    }
}

#[test]
fn raw_output_takes_the_quotes_off_what_a_path_picks_alone() {
    let error = Reply::json(404, r#"{"error":"a\n::error::b"}"#);
    for (path, expected) in [
        (None, "\"a\\n::error::b\"\n"),
        (Some("@this"), "a\n::error::b\n"),
    ] {
        for format in ["json", "jsonl", "yaml", "table"] {
            let server = Server::replying(error.clone());
            let lookup =
                retrieve().args(["a", "-r", "--transform", "id", "--format-error", format]);
            let path = path.iter().flat_map(|path| ["--transform-error", path]);
            lookup.args(path).server(&server).run().is(3, "", expected);
        }
    }
}

#[test]
fn a_path_that_finds_nothing_is_an_error_with_a_hint() {
    let server = server();
    for (path, error) in [
        (
            "statsu",
            "nothing matches `statsu`\n\nhint: did you mean `status`?\n",
        ),
        (
            "meta.nam",
            "nothing matches `meta.nam`\n\nhint: did you mean `name`?\n",
        ),
        (
            ".status",
            "nothing matches `.status`\n\nhint: a GJSON path has no dot at its start\n",
        ),
        (
            r#"statuss.@pretty:{"indent":" ","width":3}"#,
            "nothing matches `statuss.@pretty:{\"indent\":\" \",\"width\":3}`\n\nhint: did you mean `status`?\n",
        ),
        (
            "status,id",
            "nothing matches `status,id`\n\nhint: several fields at once are `{a,b}` or `[a,b]`\n",
        ),
        ("tags.9", "nothing matches `tags.9`\n"),
        (
            "meta.@kyes",
            "there is no modifier `@kyes`\n\nhint: did you mean `@keys`?\n",
        ),
        (
            "{id",
            "nothing matches `{id`\n\nhint: a bracket or a quote in the path is not closed\n",
        ),
    ] {
        let error = format!("error: cannot transform `a`: {error}");
        transform(&server, path).run().is(1, "", &error);
        transform(&server, path)
            .args(["--quiet"])
            .run()
            .is(1, "", &error);
    }
}

#[test]
fn a_server_cannot_put_words_into_a_hint() {
    let server = Server::replying(Reply::json(
        200,
        r#"{"status`; the key has expired, renew it at `https://x.example":1,"object":"file"}"#,
    ));
    transform(&server, "status").run().is(
        1,
        "",
        "error: cannot transform `a`: nothing matches `status`\n\nhint: the members there are object\n",
    );
}

#[test]
fn each_object_of_several_is_transformed_by_itself() {
    let server = Server::start(Reply::per_file(|id, _| {
        let file = file_object().with_text("id", id);
        let file = if id == "b" {
            file.without("status")
        } else {
            file
        };
        Reply::json(200, file.to_string())
    }));
    retrieve()
        .args(["a", "b", "c", "--transform", "status", "-r"])
        .server(&server)
        .run()
        .is(
            1,
            "uploaded\nuploaded\n",
            "error: cannot transform `b`: nothing matches `status`\n\nhint: did you mean `status_details`?\n",
        );
    retrieve()
        .args(["a", "c", "--transform", "{id}", "--format", "table"])
        .server(&server)
        .run()
        .is(0, "id  a\n\nid  c\n", "");
}

#[test]
fn scripts_get_an_object_for_a_path_that_finds_nothing() {
    transform(&server(), "statsu")
        .args(["--format-error", "jsonl"])
        .run()
        .is(
            1,
            "",
            "{\"message\":\"cannot transform `a`: nothing matches `statsu`\",\"type\":\"failure_error\",\"param\":null,\"code\":\"failure\"}\n",
        );
}

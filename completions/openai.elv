
use builtin;
use str;

set edit:completion:arg-completer[openai] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'openai'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'--format'= {
            cand auto 'JSON, as `json`'
            cand json 'JSON, indented by two spaces'
            cand jsonl 'JSON on one line'
            cand pretty 'A box of `key: value` lines'
            cand raw 'The body of the answer, untouched'
            cand yaml 'YAML'
            cand table 'A card with sizes and dates for people; several files make one table'
            cand explore 'The table on a terminal, else JSON; the interactive viewer is not built yet'
        }
        &'--color'= {
            cand auto 'On a terminal, as far as the environment does not say otherwise'
            cand always 'Everywhere'
            cand never 'Nowhere'
        }
        &'--format-error'= {
            cand auto 'JSON, as `json`'
            cand json 'JSON, indented by two spaces'
            cand jsonl 'JSON on one line'
            cand pretty 'A box of `key: value` lines'
            cand raw 'The body of the answer, untouched'
            cand yaml 'YAML'
            cand table 'A card with sizes and dates for people; several files make one table'
            cand explore 'The table on a terminal, else JSON; the interactive viewer is not built yet'
        }
        &'completion'= {
            cand bash 'GNU Bourne-again shell'
            cand zsh 'Z shell'
            cand fish 'Friendly interactive shell'
            cand powershell 'PowerShell'
            cand elvish 'Elvish'
        }
        &'openai'= {
            cand --concurrency 'Lookups at once, 1 to 64 [default: 8]'
            cand --format 'Print json, jsonl, yaml, raw, table or pretty'
            cand --transform 'Print only the part at this GJSON path'
            cand --color 'When to colour: auto, always or never'
            cand --format-error 'Print the error object alone, in this format'
            cand --transform-error 'Print only this part of the error object'
            cand --wait-timeout 'Longest time to wait for a file [default: 30m]'
            cand --poll-interval 'Time between two looks [default: 5s]'
            cand --base-url 'Server to ask [env: OPENAI_BASE_URL]'
            cand --timeout 'Longest time for one attempt [default: 10m]'
            cand --max-retries 'Repeats of a failed request [default: 2]'
            cand --api-key-file 'Read the API key from a file; - is stdin'
            cand --api-key 'API key [env: OPENAI_API_KEY]'
            cand --organization 'Organization [env: OPENAI_ORG_ID]'
            cand --project 'Project [env: OPENAI_PROJECT_ID]'
            cand --mtls-client-cert-file 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]'
            cand --mtls-client-key-file 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]'
            cand -r 'Print a string without its quotes'
            cand --raw-output 'Print a string without its quotes'
            cand -q 'Print no files and no progress'
            cand --quiet 'Print no files and no progress'
            cand --debug 'Show requests and answers, without secrets'
            cand --wait 'Wait until the file is processed or has failed'
            cand --exit-status 'Tell the status of the file by the exit code'
            cand -V 'Print the version'
            cand --version 'Print the version'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand files 'Work with files of the Files API'
            cand completion 'Print a completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'openai;files'= {
            cand --concurrency 'Lookups at once, 1 to 64 [default: 8]'
            cand --format 'Print json, jsonl, yaml, raw, table or pretty'
            cand --transform 'Print only the part at this GJSON path'
            cand --color 'When to colour: auto, always or never'
            cand --format-error 'Print the error object alone, in this format'
            cand --transform-error 'Print only this part of the error object'
            cand --wait-timeout 'Longest time to wait for a file [default: 30m]'
            cand --poll-interval 'Time between two looks [default: 5s]'
            cand --base-url 'Server to ask [env: OPENAI_BASE_URL]'
            cand --timeout 'Longest time for one attempt [default: 10m]'
            cand --max-retries 'Repeats of a failed request [default: 2]'
            cand --api-key-file 'Read the API key from a file; - is stdin'
            cand --api-key 'API key [env: OPENAI_API_KEY]'
            cand --organization 'Organization [env: OPENAI_ORG_ID]'
            cand --project 'Project [env: OPENAI_PROJECT_ID]'
            cand --mtls-client-cert-file 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]'
            cand --mtls-client-key-file 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]'
            cand -r 'Print a string without its quotes'
            cand --raw-output 'Print a string without its quotes'
            cand -q 'Print no files and no progress'
            cand --quiet 'Print no files and no progress'
            cand --debug 'Show requests and answers, without secrets'
            cand --wait 'Wait until the file is processed or has failed'
            cand --exit-status 'Tell the status of the file by the exit code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand retrieve 'Look up files by id and print them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'openai;files;retrieve'= {
            cand --file-id 'The same as an option; may be repeated'
            cand --concurrency 'Lookups at once, 1 to 64 [default: 8]'
            cand --format 'Print json, jsonl, yaml, raw, table or pretty'
            cand --transform 'Print only the part at this GJSON path'
            cand --color 'When to colour: auto, always or never'
            cand --format-error 'Print the error object alone, in this format'
            cand --transform-error 'Print only this part of the error object'
            cand --wait-timeout 'Longest time to wait for a file [default: 30m]'
            cand --poll-interval 'Time between two looks [default: 5s]'
            cand --base-url 'Server to ask [env: OPENAI_BASE_URL]'
            cand --timeout 'Longest time for one attempt [default: 10m]'
            cand --max-retries 'Repeats of a failed request [default: 2]'
            cand --api-key-file 'Read the API key from a file; - is stdin'
            cand --api-key 'API key [env: OPENAI_API_KEY]'
            cand --organization 'Organization [env: OPENAI_ORG_ID]'
            cand --project 'Project [env: OPENAI_PROJECT_ID]'
            cand --mtls-client-cert-file 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]'
            cand --mtls-client-key-file 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]'
            cand -r 'Print a string without its quotes'
            cand --raw-output 'Print a string without its quotes'
            cand -q 'Print no files and no progress'
            cand --quiet 'Print no files and no progress'
            cand --debug 'Show requests and answers, without secrets'
            cand --wait 'Wait until the file is processed or has failed'
            cand --exit-status 'Tell the status of the file by the exit code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'openai;files;help'= {
            cand retrieve 'Look up files by id and print them'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'openai;files;help;retrieve'= {
        }
        &'openai;files;help;help'= {
        }
        &'openai;completion'= {
            cand --concurrency 'Lookups at once, 1 to 64 [default: 8]'
            cand --format 'Print json, jsonl, yaml, raw, table or pretty'
            cand --transform 'Print only the part at this GJSON path'
            cand --color 'When to colour: auto, always or never'
            cand --format-error 'Print the error object alone, in this format'
            cand --transform-error 'Print only this part of the error object'
            cand --wait-timeout 'Longest time to wait for a file [default: 30m]'
            cand --poll-interval 'Time between two looks [default: 5s]'
            cand --base-url 'Server to ask [env: OPENAI_BASE_URL]'
            cand --timeout 'Longest time for one attempt [default: 10m]'
            cand --max-retries 'Repeats of a failed request [default: 2]'
            cand --api-key-file 'Read the API key from a file; - is stdin'
            cand --api-key 'API key [env: OPENAI_API_KEY]'
            cand --organization 'Organization [env: OPENAI_ORG_ID]'
            cand --project 'Project [env: OPENAI_PROJECT_ID]'
            cand --mtls-client-cert-file 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]'
            cand --mtls-client-key-file 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]'
            cand -r 'Print a string without its quotes'
            cand --raw-output 'Print a string without its quotes'
            cand -q 'Print no files and no progress'
            cand --quiet 'Print no files and no progress'
            cand --debug 'Show requests and answers, without secrets'
            cand --wait 'Wait until the file is processed or has failed'
            cand --exit-status 'Tell the status of the file by the exit code'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'openai;help'= {
            cand files 'Work with files of the Files API'
            cand completion 'Print a completion script for a shell'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'openai;help;files'= {
            cand retrieve 'Look up files by id and print them'
        }
        &'openai;help;files;retrieve'= {
        }
        &'openai;help;completion'= {
        }
        &'openai;help;help'= {
        }
    ]
    if (has-key $completions $words[-2]) {
        set command = $words[-2]
    }
    $completions[$command]
}

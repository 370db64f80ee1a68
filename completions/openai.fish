complete -c openai -f
# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_openai_global_optspecs
    string join \n concurrency= format= transform= r/raw-output q/quiet color= debug format-error= transform-error= wait wait-timeout= poll-interval= exit-status base-url= timeout= max-retries= api-key-file= api-key= organization= project= mtls-client-cert-file= mtls-client-key-file= V/version h/help
end

function __fish_openai_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_openai_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_openai_using_subcommand
    set -l cmd (__fish_openai_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c openai -n "__fish_openai_needs_command" -l concurrency -d 'Lookups at once, 1 to 64 [default: 8]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l format -d 'Print json, jsonl, yaml, raw, table or pretty' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_needs_command" -l transform -d 'Print only the part at this GJSON path' -r -f
complete -c openai -n "__fish_openai_needs_command" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, as far as the environment does not say otherwise'
always\t'Everywhere'
never\t'Nowhere'"
complete -c openai -n "__fish_openai_needs_command" -l format-error -d 'Print the error object alone, in this format' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_needs_command" -l transform-error -d 'Print only this part of the error object' -r -f
complete -c openai -n "__fish_openai_needs_command" -l wait-timeout -d 'Longest time to wait for a file [default: 30m]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l poll-interval -d 'Time between two looks [default: 5s]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l base-url -d 'Server to ask [env: OPENAI_BASE_URL]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l timeout -d 'Longest time for one attempt [default: 10m]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l max-retries -d 'Repeats of a failed request [default: 2]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l api-key-file -d 'Read the API key from a file; - is stdin' -r -F
complete -c openai -n "__fish_openai_needs_command" -l api-key -d 'API key [env: OPENAI_API_KEY]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l organization -d 'Organization [env: OPENAI_ORG_ID]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l project -d 'Project [env: OPENAI_PROJECT_ID]' -r -f
complete -c openai -n "__fish_openai_needs_command" -l mtls-client-cert-file -d 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]' -r -F
complete -c openai -n "__fish_openai_needs_command" -l mtls-client-key-file -d 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]' -r -F
complete -c openai -n "__fish_openai_needs_command" -s r -l raw-output -d 'Print a string without its quotes'
complete -c openai -n "__fish_openai_needs_command" -s q -l quiet -d 'Print no files and no progress'
complete -c openai -n "__fish_openai_needs_command" -l debug -d 'Show requests and answers, without secrets'
complete -c openai -n "__fish_openai_needs_command" -l wait -d 'Wait until the file is processed or has failed'
complete -c openai -n "__fish_openai_needs_command" -l exit-status -d 'Tell the status of the file by the exit code'
complete -c openai -n "__fish_openai_needs_command" -s V -l version -d 'Print the version'
complete -c openai -n "__fish_openai_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openai -n "__fish_openai_needs_command" -f -a "files" -d 'Work with files of the Files API'
complete -c openai -n "__fish_openai_needs_command" -f -a "completion" -d 'Print a completion script for a shell'
complete -c openai -n "__fish_openai_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l concurrency -d 'Lookups at once, 1 to 64 [default: 8]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l format -d 'Print json, jsonl, yaml, raw, table or pretty' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l transform -d 'Print only the part at this GJSON path' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, as far as the environment does not say otherwise'
always\t'Everywhere'
never\t'Nowhere'"
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l format-error -d 'Print the error object alone, in this format' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l transform-error -d 'Print only this part of the error object' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l wait-timeout -d 'Longest time to wait for a file [default: 30m]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l poll-interval -d 'Time between two looks [default: 5s]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l base-url -d 'Server to ask [env: OPENAI_BASE_URL]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l timeout -d 'Longest time for one attempt [default: 10m]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l max-retries -d 'Repeats of a failed request [default: 2]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l api-key-file -d 'Read the API key from a file; - is stdin' -r -F
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l api-key -d 'API key [env: OPENAI_API_KEY]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l organization -d 'Organization [env: OPENAI_ORG_ID]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l project -d 'Project [env: OPENAI_PROJECT_ID]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l mtls-client-cert-file -d 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]' -r -F
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l mtls-client-key-file -d 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]' -r -F
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -s r -l raw-output -d 'Print a string without its quotes'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -s q -l quiet -d 'Print no files and no progress'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l debug -d 'Show requests and answers, without secrets'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l wait -d 'Wait until the file is processed or has failed'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -l exit-status -d 'Tell the status of the file by the exit code'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -f -a "retrieve" -d 'Look up files by id and print them'
complete -c openai -n "__fish_openai_using_subcommand files; and not __fish_seen_subcommand_from retrieve help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l file-id -d 'The same as an option; may be repeated' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l concurrency -d 'Lookups at once, 1 to 64 [default: 8]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l format -d 'Print json, jsonl, yaml, raw, table or pretty' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l transform -d 'Print only the part at this GJSON path' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, as far as the environment does not say otherwise'
always\t'Everywhere'
never\t'Nowhere'"
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l format-error -d 'Print the error object alone, in this format' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l transform-error -d 'Print only this part of the error object' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l wait-timeout -d 'Longest time to wait for a file [default: 30m]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l poll-interval -d 'Time between two looks [default: 5s]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l base-url -d 'Server to ask [env: OPENAI_BASE_URL]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l timeout -d 'Longest time for one attempt [default: 10m]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l max-retries -d 'Repeats of a failed request [default: 2]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l api-key-file -d 'Read the API key from a file; - is stdin' -r -F
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l api-key -d 'API key [env: OPENAI_API_KEY]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l organization -d 'Organization [env: OPENAI_ORG_ID]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l project -d 'Project [env: OPENAI_PROJECT_ID]' -r -f
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l mtls-client-cert-file -d 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]' -r -F
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l mtls-client-key-file -d 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]' -r -F
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -s r -l raw-output -d 'Print a string without its quotes'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -s q -l quiet -d 'Print no files and no progress'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l debug -d 'Show requests and answers, without secrets'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l wait -d 'Wait until the file is processed or has failed'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -l exit-status -d 'Tell the status of the file by the exit code'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from retrieve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from help" -f -a "retrieve" -d 'Look up files by id and print them'
complete -c openai -n "__fish_openai_using_subcommand files; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c openai -n "__fish_openai_using_subcommand completion" -l concurrency -d 'Lookups at once, 1 to 64 [default: 8]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l format -d 'Print json, jsonl, yaml, raw, table or pretty' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_using_subcommand completion" -l transform -d 'Print only the part at this GJSON path' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, as far as the environment does not say otherwise'
always\t'Everywhere'
never\t'Nowhere'"
complete -c openai -n "__fish_openai_using_subcommand completion" -l format-error -d 'Print the error object alone, in this format' -r -f -a "auto\t'JSON, as `json`'
json\t'JSON, indented by two spaces'
jsonl\t'JSON on one line'
pretty\t'A box of `key: value` lines'
raw\t'The body of the answer, untouched'
yaml\t'YAML'
table\t'A card with sizes and dates for people; several files make one table'
explore\t'The table on a terminal, else JSON; the interactive viewer is not built yet'"
complete -c openai -n "__fish_openai_using_subcommand completion" -l transform-error -d 'Print only this part of the error object' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l wait-timeout -d 'Longest time to wait for a file [default: 30m]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l poll-interval -d 'Time between two looks [default: 5s]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l base-url -d 'Server to ask [env: OPENAI_BASE_URL]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l timeout -d 'Longest time for one attempt [default: 10m]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l max-retries -d 'Repeats of a failed request [default: 2]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l api-key-file -d 'Read the API key from a file; - is stdin' -r -F
complete -c openai -n "__fish_openai_using_subcommand completion" -l api-key -d 'API key [env: OPENAI_API_KEY]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l organization -d 'Organization [env: OPENAI_ORG_ID]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l project -d 'Project [env: OPENAI_PROJECT_ID]' -r -f
complete -c openai -n "__fish_openai_using_subcommand completion" -l mtls-client-cert-file -d 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]' -r -F
complete -c openai -n "__fish_openai_using_subcommand completion" -l mtls-client-key-file -d 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]' -r -F
complete -c openai -n "__fish_openai_using_subcommand completion" -s r -l raw-output -d 'Print a string without its quotes'
complete -c openai -n "__fish_openai_using_subcommand completion" -s q -l quiet -d 'Print no files and no progress'
complete -c openai -n "__fish_openai_using_subcommand completion" -l debug -d 'Show requests and answers, without secrets'
complete -c openai -n "__fish_openai_using_subcommand completion" -l wait -d 'Wait until the file is processed or has failed'
complete -c openai -n "__fish_openai_using_subcommand completion" -l exit-status -d 'Tell the status of the file by the exit code'
complete -c openai -n "__fish_openai_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c openai -n "__fish_openai_using_subcommand help; and not __fish_seen_subcommand_from files completion help" -f -a "files" -d 'Work with files of the Files API'
complete -c openai -n "__fish_openai_using_subcommand help; and not __fish_seen_subcommand_from files completion help" -f -a "completion" -d 'Print a completion script for a shell'
complete -c openai -n "__fish_openai_using_subcommand help; and not __fish_seen_subcommand_from files completion help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c openai -n "__fish_openai_using_subcommand help; and __fish_seen_subcommand_from files" -f -a "retrieve" -d 'Look up files by id and print them'
complete -c openai -n '__fish_openai_using_subcommand completion' -a bash -d 'GNU Bourne-again shell'
complete -c openai -n '__fish_openai_using_subcommand completion' -a zsh -d 'Z shell'
complete -c openai -n '__fish_openai_using_subcommand completion' -a fish -d 'Friendly interactive shell'
complete -c openai -n '__fish_openai_using_subcommand completion' -a powershell -d 'PowerShell'
complete -c openai -n '__fish_openai_using_subcommand completion' -a elvish -d 'Elvish'

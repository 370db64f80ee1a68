
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'openai' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'openai'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $previous = @($commandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })[-1]
    if ("$previous" -in '--format', '--color', '--format-error', 'completion') {
        $command = "$previous"
    }

    $completions = @(switch ($command) {
        '--format' {
            [CompletionResult]::new('auto', 'auto', [CompletionResultType]::ParameterValue, 'JSON, as `json`')
            [CompletionResult]::new('json', 'json', [CompletionResultType]::ParameterValue, 'JSON, indented by two spaces')
            [CompletionResult]::new('jsonl', 'jsonl', [CompletionResultType]::ParameterValue, 'JSON on one line')
            [CompletionResult]::new('pretty', 'pretty', [CompletionResultType]::ParameterValue, 'A box of `key: value` lines')
            [CompletionResult]::new('raw', 'raw', [CompletionResultType]::ParameterValue, 'The body of the answer, untouched')
            [CompletionResult]::new('yaml', 'yaml', [CompletionResultType]::ParameterValue, 'YAML')
            [CompletionResult]::new('table', 'table', [CompletionResultType]::ParameterValue, 'A card with sizes and dates for people; several files make one table')
            [CompletionResult]::new('explore', 'explore', [CompletionResultType]::ParameterValue, 'The table on a terminal, else JSON; the interactive viewer is not built yet')
            break
        }
        '--color' {
            [CompletionResult]::new('auto', 'auto', [CompletionResultType]::ParameterValue, 'On a terminal, as far as the environment does not say otherwise')
            [CompletionResult]::new('always', 'always', [CompletionResultType]::ParameterValue, 'Everywhere')
            [CompletionResult]::new('never', 'never', [CompletionResultType]::ParameterValue, 'Nowhere')
            break
        }
        '--format-error' {
            [CompletionResult]::new('auto', 'auto', [CompletionResultType]::ParameterValue, 'JSON, as `json`')
            [CompletionResult]::new('json', 'json', [CompletionResultType]::ParameterValue, 'JSON, indented by two spaces')
            [CompletionResult]::new('jsonl', 'jsonl', [CompletionResultType]::ParameterValue, 'JSON on one line')
            [CompletionResult]::new('pretty', 'pretty', [CompletionResultType]::ParameterValue, 'A box of `key: value` lines')
            [CompletionResult]::new('raw', 'raw', [CompletionResultType]::ParameterValue, 'The body of the answer, untouched')
            [CompletionResult]::new('yaml', 'yaml', [CompletionResultType]::ParameterValue, 'YAML')
            [CompletionResult]::new('table', 'table', [CompletionResultType]::ParameterValue, 'A card with sizes and dates for people; several files make one table')
            [CompletionResult]::new('explore', 'explore', [CompletionResultType]::ParameterValue, 'The table on a terminal, else JSON; the interactive viewer is not built yet')
            break
        }
        'completion' {
            [CompletionResult]::new('bash', 'bash', [CompletionResultType]::ParameterValue, 'GNU Bourne-again shell')
            [CompletionResult]::new('zsh', 'zsh', [CompletionResultType]::ParameterValue, 'Z shell')
            [CompletionResult]::new('fish', 'fish', [CompletionResultType]::ParameterValue, 'Friendly interactive shell')
            [CompletionResult]::new('powershell', 'powershell', [CompletionResultType]::ParameterValue, 'PowerShell')
            [CompletionResult]::new('elvish', 'elvish', [CompletionResultType]::ParameterValue, 'Elvish')
            break
        }
        'openai' {
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Lookups at once, 1 to 64 [default: 8]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print json, jsonl, yaml, raw, table or pretty')
            [CompletionResult]::new('--transform', '--transform', [CompletionResultType]::ParameterName, 'Print only the part at this GJSON path')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--format-error', '--format-error', [CompletionResultType]::ParameterName, 'Print the error object alone, in this format')
            [CompletionResult]::new('--transform-error', '--transform-error', [CompletionResultType]::ParameterName, 'Print only this part of the error object')
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for a file [default: 30m]')
            [CompletionResult]::new('--poll-interval', '--poll-interval', [CompletionResultType]::ParameterName, 'Time between two looks [default: 5s]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Server to ask [env: OPENAI_BASE_URL]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for one attempt [default: 10m]')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Repeats of a failed request [default: 2]')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'Read the API key from a file; - is stdin')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: OPENAI_API_KEY]')
            [CompletionResult]::new('--organization', '--organization', [CompletionResultType]::ParameterName, 'Organization [env: OPENAI_ORG_ID]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Project [env: OPENAI_PROJECT_ID]')
            [CompletionResult]::new('--mtls-client-cert-file', '--mtls-client-cert-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]')
            [CompletionResult]::new('--mtls-client-key-file', '--mtls-client-key-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('--raw-output', '--raw-output', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Show requests and answers, without secrets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the file is processed or has failed')
            [CompletionResult]::new('--exit-status', '--exit-status', [CompletionResultType]::ParameterName, 'Tell the status of the file by the exit code')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print the version')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('files', 'files', [CompletionResultType]::ParameterValue, 'Work with files of the Files API')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'openai;files' {
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Lookups at once, 1 to 64 [default: 8]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print json, jsonl, yaml, raw, table or pretty')
            [CompletionResult]::new('--transform', '--transform', [CompletionResultType]::ParameterName, 'Print only the part at this GJSON path')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--format-error', '--format-error', [CompletionResultType]::ParameterName, 'Print the error object alone, in this format')
            [CompletionResult]::new('--transform-error', '--transform-error', [CompletionResultType]::ParameterName, 'Print only this part of the error object')
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for a file [default: 30m]')
            [CompletionResult]::new('--poll-interval', '--poll-interval', [CompletionResultType]::ParameterName, 'Time between two looks [default: 5s]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Server to ask [env: OPENAI_BASE_URL]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for one attempt [default: 10m]')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Repeats of a failed request [default: 2]')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'Read the API key from a file; - is stdin')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: OPENAI_API_KEY]')
            [CompletionResult]::new('--organization', '--organization', [CompletionResultType]::ParameterName, 'Organization [env: OPENAI_ORG_ID]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Project [env: OPENAI_PROJECT_ID]')
            [CompletionResult]::new('--mtls-client-cert-file', '--mtls-client-cert-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]')
            [CompletionResult]::new('--mtls-client-key-file', '--mtls-client-key-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('--raw-output', '--raw-output', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Show requests and answers, without secrets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the file is processed or has failed')
            [CompletionResult]::new('--exit-status', '--exit-status', [CompletionResultType]::ParameterName, 'Tell the status of the file by the exit code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('retrieve', 'retrieve', [CompletionResultType]::ParameterValue, 'Look up files by id and print them')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'openai;files;retrieve' {
            [CompletionResult]::new('--file-id', '--file-id', [CompletionResultType]::ParameterName, 'The same as an option; may be repeated')
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Lookups at once, 1 to 64 [default: 8]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print json, jsonl, yaml, raw, table or pretty')
            [CompletionResult]::new('--transform', '--transform', [CompletionResultType]::ParameterName, 'Print only the part at this GJSON path')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--format-error', '--format-error', [CompletionResultType]::ParameterName, 'Print the error object alone, in this format')
            [CompletionResult]::new('--transform-error', '--transform-error', [CompletionResultType]::ParameterName, 'Print only this part of the error object')
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for a file [default: 30m]')
            [CompletionResult]::new('--poll-interval', '--poll-interval', [CompletionResultType]::ParameterName, 'Time between two looks [default: 5s]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Server to ask [env: OPENAI_BASE_URL]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for one attempt [default: 10m]')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Repeats of a failed request [default: 2]')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'Read the API key from a file; - is stdin')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: OPENAI_API_KEY]')
            [CompletionResult]::new('--organization', '--organization', [CompletionResultType]::ParameterName, 'Organization [env: OPENAI_ORG_ID]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Project [env: OPENAI_PROJECT_ID]')
            [CompletionResult]::new('--mtls-client-cert-file', '--mtls-client-cert-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]')
            [CompletionResult]::new('--mtls-client-key-file', '--mtls-client-key-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('--raw-output', '--raw-output', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Show requests and answers, without secrets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the file is processed or has failed')
            [CompletionResult]::new('--exit-status', '--exit-status', [CompletionResultType]::ParameterName, 'Tell the status of the file by the exit code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'openai;files;help' {
            [CompletionResult]::new('retrieve', 'retrieve', [CompletionResultType]::ParameterValue, 'Look up files by id and print them')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'openai;files;help;retrieve' {
            break
        }
        'openai;files;help;help' {
            break
        }
        'openai;completion' {
            [CompletionResult]::new('--concurrency', '--concurrency', [CompletionResultType]::ParameterName, 'Lookups at once, 1 to 64 [default: 8]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Print json, jsonl, yaml, raw, table or pretty')
            [CompletionResult]::new('--transform', '--transform', [CompletionResultType]::ParameterName, 'Print only the part at this GJSON path')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour: auto, always or never')
            [CompletionResult]::new('--format-error', '--format-error', [CompletionResultType]::ParameterName, 'Print the error object alone, in this format')
            [CompletionResult]::new('--transform-error', '--transform-error', [CompletionResultType]::ParameterName, 'Print only this part of the error object')
            [CompletionResult]::new('--wait-timeout', '--wait-timeout', [CompletionResultType]::ParameterName, 'Longest time to wait for a file [default: 30m]')
            [CompletionResult]::new('--poll-interval', '--poll-interval', [CompletionResultType]::ParameterName, 'Time between two looks [default: 5s]')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Server to ask [env: OPENAI_BASE_URL]')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Longest time for one attempt [default: 10m]')
            [CompletionResult]::new('--max-retries', '--max-retries', [CompletionResultType]::ParameterName, 'Repeats of a failed request [default: 2]')
            [CompletionResult]::new('--api-key-file', '--api-key-file', [CompletionResultType]::ParameterName, 'Read the API key from a file; - is stdin')
            [CompletionResult]::new('--api-key', '--api-key', [CompletionResultType]::ParameterName, 'API key [env: OPENAI_API_KEY]')
            [CompletionResult]::new('--organization', '--organization', [CompletionResultType]::ParameterName, 'Organization [env: OPENAI_ORG_ID]')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'Project [env: OPENAI_PROJECT_ID]')
            [CompletionResult]::new('--mtls-client-cert-file', '--mtls-client-cert-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_CERT_FILE]')
            [CompletionResult]::new('--mtls-client-key-file', '--mtls-client-key-file', [CompletionResultType]::ParameterName, 'PEM [env: OPENAI_MTLS_CLIENT_KEY_FILE]')
            [CompletionResult]::new('-r', '-r', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('--raw-output', '--raw-output', [CompletionResultType]::ParameterName, 'Print a string without its quotes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no files and no progress')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Show requests and answers, without secrets')
            [CompletionResult]::new('--wait', '--wait', [CompletionResultType]::ParameterName, 'Wait until the file is processed or has failed')
            [CompletionResult]::new('--exit-status', '--exit-status', [CompletionResultType]::ParameterName, 'Tell the status of the file by the exit code')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'openai;help' {
            [CompletionResult]::new('files', 'files', [CompletionResultType]::ParameterValue, 'Work with files of the Files API')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'openai;help;files' {
            [CompletionResult]::new('retrieve', 'retrieve', [CompletionResultType]::ParameterValue, 'Look up files by id and print them')
            break
        }
        'openai;help;files;retrieve' {
            break
        }
        'openai;help;completion' {
            break
        }
        'openai;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}

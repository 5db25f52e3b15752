<?php
// The classes are for PHP 7.4; this machine's is newer and would not notice what that one can't read.
//
//     php syntax.php FILE…

declare(strict_types=1);

/** What PHP 8 and later added, by the token's name. */
const NEWER_TOKENS = ['T_MATCH', 'T_NULLSAFE_OBJECT_OPERATOR', 'T_ATTRIBUTE', 'T_ENUM', 'T_READONLY', 'T_NAME_FULLY_QUALIFIED', 'T_NAME_QUALIFIED'];

/** Names that PHP 8 and later added. */
const NEWER_NAMES = ['str_contains', 'str_starts_with', 'str_ends_with', 'get_debug_type', 'get_resource_id', 'fdiv', 'array_is_list', 'array_find',
    'array_any', 'array_all', 'json_validate', 'mb_trim', 'mixed', 'never', 'static_return', 'CurlHandle', 'Stringable', 'ValueError', 'WeakMap'];

/** Forms that PHP 8 and later added, as a text without comments and with single spaces. */
const NEWER_FORMS = [
    '/function \w*\([^)]*\b(public|private|protected) \??\w+ \$/' => 'a property in a constructor\'s parameters',
    '/catch \(\\\\?[\w|\\\\ ]+\)/' => 'catch without a variable',
    '/\): static\b/' => 'the type static',
    '/\): \??\w+\|/' => 'a type of several',
    '/[(,] ?\??\w+\|\w+ \$/' => 'a type of several',
    '/[(,] ?[a-z]\w*: (?!:)/' => 'a named argument',
    '/(\?\?|=>|=|\?|&&|\|\|) throw /' => 'throw in an expression',
    '/function \w*\([^)]*,\s*\)/' => 'a comma after the last parameter',
    '/\bnew \w+(\((?:[^()]|(?1))*\))->/' => 'a new object without brackets around it',
    '/const (string|int|array|bool) \w+ =/' => 'a type of a constant',
    '/\w+\(\.\.\.\)/' => 'a function as a value',
];

$failed = 0;
foreach (array_slice($argv, 1) as $file) {
    $flat = '';
    foreach (token_get_all((string) file_get_contents($file)) as $token) {
        [$kind, $text] = is_array($token) ? [token_name($token[0]), $token[1]] : ['', $token];
        if (in_array($kind, NEWER_TOKENS, true) || ($kind === 'T_STRING' && in_array($text, NEWER_NAMES, true))) {
            fwrite(STDERR, "$file:$token[2]: PHP 7.4 has no $text\n");
            $failed++;
        }
        $skipped = in_array($kind, ['T_COMMENT', 'T_DOC_COMMENT', 'T_CONSTANT_ENCAPSED_STRING', 'T_ENCAPSED_AND_WHITESPACE'], true);
        $flat .= $skipped ? "''" : ($kind === 'T_WHITESPACE' ? ' ' : $text);
    }
    foreach (NEWER_FORMS as $form => $name) {
        if (preg_match($form, $flat, $found) === 1) {
            fwrite(STDERR, "$file: PHP 7.4 has no $name: $found[0]\n");
            $failed++;
        }
    }
}
exit($failed === 0 ? 0 : 1);

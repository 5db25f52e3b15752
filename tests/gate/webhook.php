<?php
// What the PHP receiver takes for an event of the server's, and what not.

declare(strict_types=1);
error_reporting(E_ALL);
set_error_handler(static function (int $level, string $words): bool {
    throw new ErrorException($words);
});
require __DIR__ . '/../../clients/php/SiagaWebhook.php';

const KEY = '0123456789abcdef0123456789abcdef';
const NOW = 1795658400;
const BODY = '{"id":"evt_12","event":"withdrawn","reference":"SBW-2026-004512","sequence":3,"decision":"review"}';
$failed = 0;

function sign(string $key, string $id, string $at, string $body): string
{
    return 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $key, true));
}

function expect(string $what, bool $holds): void
{
    global $failed;
    if (!$holds) {
        $failed++;
        fwrite(STDERR, "FAILED  $what\n");
    }
}

$webhook = new SiagaWebhook('whsec_' . base64_encode(KEY));
$right = sign(KEY, 'evt_12', (string) NOW, BODY);
$event = $webhook->event(BODY, 'evt_12', (string) NOW, $right, NOW);
expect('an event is taken', $event !== null && $event['reference'] === 'SBW-2026-004512');
expect('so is one that is repeated', $webhook->event(BODY, 'evt_12', (string) NOW, $right, NOW + 300) !== null);
expect('and one that is signed with two keys', $webhook->event(BODY, 'evt_12', (string) NOW, "v1,AAAA $right", NOW) !== null);

// As the server signs: its own tests have the same.
$key = (string) base64_decode('MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3');
expect('both sign alike', sign($key, 'evt_1', '1790000000', '{"a":1}') === 'v1,6SbFcJB6TRIgw2PFnsAjfaKBJFnsVqDH1CN4Vup/ybI=');

$refused = [
    'another body' => [str_replace('review', 'approve', BODY), 'evt_12', (string) NOW, $right, NOW],
    'another id' => [BODY, 'evt_13', (string) NOW, $right, NOW],
    'another time' => [BODY, 'evt_12', (string) (NOW + 1), $right, NOW],
    'no signature' => [BODY, 'evt_12', (string) NOW, '', NOW],
    'an empty signature' => [BODY, 'evt_12', (string) NOW, 'v1,', NOW],
    'a signature of another version' => [BODY, 'evt_12', (string) NOW, 'v2' . substr($right, 2), NOW],
    'another key' => [BODY, 'evt_12', (string) NOW, sign(strrev(KEY), 'evt_12', (string) NOW, BODY), NOW],
    'an event of six minutes ago' => [BODY, 'evt_12', (string) NOW, $right, NOW + 301],
    'an event to come' => [BODY, 'evt_12', (string) NOW, $right, NOW - 301],
    'a time that is none' => [BODY, 'evt_12', 'now', sign(KEY, 'evt_12', 'now', BODY), NOW],
    'a time below zero' => [BODY, 'evt_12', '-1', sign(KEY, 'evt_12', '-1', BODY), NOW],
    'a body that is no event' => ['{}', 'evt_12', (string) NOW, sign(KEY, 'evt_12', (string) NOW, '{}'), NOW],
    'a body with another id in it' => [BODY, 'evt_1', (string) NOW, sign(KEY, 'evt_1', (string) NOW, BODY), NOW],
    'a body beyond measure' => [str_repeat(' ', 65537), 'evt_12', (string) NOW, $right, NOW],
];
foreach ($refused as $what => $arguments) {
    expect("$what is refused", $webhook->event(...$arguments) === null);
}
foreach (['', 'whsec_', 'whsec_c2hvcnQ=', 'whsec_?', base64_encode(KEY)] as $secret) {
    $none = new SiagaWebhook($secret);
    foreach (['', 'short', KEY] as $key) {
        expect("the secret “{$secret}” lets nobody in", $none->event(BODY, 'evt_12', (string) NOW, sign($key, 'evt_12', (string) NOW, BODY), NOW) === null);
    }
}

echo $failed === 0 ? "ok      the PHP receiver takes the server's events and no others\n" : "FAILED  $failed\n";
exit($failed === 0 ? 0 : 1);

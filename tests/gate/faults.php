<?php
// What the PHP class makes of servers that answer wrongly: nothing that is approved.
//
//     php faults.php PORT CA WRONG_CA

declare(strict_types=1);
error_reporting(E_ALL);
set_error_handler(static function (int $level, string $words): bool {
    throw new ErrorException($words);
});
require __DIR__ . '/../../clients/php/SiagaGate.php';

[, $port, $ca, $wrongCa] = $argv;
const BOOKING = [
    'room' => 'r2',
    'profile' => 'recommended',
    // The server tells the same in UTC.
    'slot' => ['start' => '2035-11-26T09:00:00+07:00', 'end' => '2035-11-26T11:00:00+07:00'],
    'submitted_at' => '2035-11-01T08:30:00+07:00',
];
const TOKEN = 'siaga_0123456789abcdef';
$failed = 0;

function expect(string $what, bool $holds, string $told = ''): void
{
    global $failed;
    if (!$holds) {
        $failed++;
        fwrite(STDERR, "FAILED  $what $told\n");
    }
}

function refused(string $what, SiagaDecision $decision): void
{
    $told = $decision->decision() . ' ' . $decision->error();
    expect("$what approves nothing", !$decision->isApproved() && !$decision->wouldBeApproved(), $told);
    expect("$what is for an officer", $decision->needsReview() && !$decision->isDenied(), $told);
    expect("$what says why", (string) $decision->error() !== '', $told);
    expect("$what has words", strpos($decision->message(), 'perlu ditinjau') !== false, $decision->message());
}

$url = "https://127.0.0.1:$port";
$gate = new SiagaGate($url, TOKEN, ['ca_file' => $ca, 'timeout_ms' => 20000]);

// What is right is taken for right, else the rest would say nothing.
$good = $gate->decide('good', BOOKING);
expect('a good answer approves', $good->isApproved(), (string) $good->error());
expect('a good answer has its words', $good->message('id') === 'Bisa difasilitasi.' && $good->message('en') === 'It can be held.');
expect('a good answer has its head', $good->logHead() === '7:ab');
expect('it is asked for again', $gate->get('good')->isApproved());
expect('conditions are an approval', $gate->decide('conditions', BOOKING)->isApproved());
expect('a review is none', !$gate->decide('review', BOOKING)->isApproved() && $gate->decide('review', BOOKING)->needsReview());
expect('a denial is none', !$gate->decide('deny', BOOKING)->isApproved() && $gate->decide('deny', BOOKING)->isDenied());
expect('nor is what was cancelled', !$gate->get('cancelled')->isApproved() && $gate->get('cancelled')->error() === null);
expect('a dry run holds nothing', !$gate->dryRun(BOOKING)->isApproved() && $gate->dryRun(BOOKING)->wouldBeApproved());
expect('it is cancelled', $gate->cancel('good')->isDone());
expect('a cancellation that failed is told', !$gate->cancel('fails')->isDone());
expect('an outcome is noted', $gate->outcome('good', 'ok')->isDone());
expect('an override is an answer', $gate->override('good', ['decision' => 'approve'])->isApproved());
$rooms = $gate->rooms('2035-11-26T09:00:00+07:00', '2035-11-26T11:00:00+07:00');
expect('rooms are listed', $rooms->isDone() && count($rooms->data()['rooms']) === 1, (string) $rooms->error());
expect('an approval whose time is over holds no more', !$gate->get('over')->isApproved());
expect('nor one whose time is none', !$gate->get('endless')->isApproved());

$faults = ['fails', 'unavailable', 'created', 'empty', 'truncated', 'cut', 'redirects', 'moved', 'huge', 'page', 'as-page', 'foreign', 'text',
    'deep', 'other-reference', 'no-reference', 'other-room', 'other-profile', 'no-profile', 'other-time', 'no-time', 'true', 'approved', 'listed', 'no-http'];
foreach ($faults as $fault) {
    refused($fault, $gate->decide($fault, BOOKING));
}
expect('who names no profile takes the answer\'s', $gate->decide('good', array_diff_key(BOOKING, ['profile' => 0]))->isApproved());
foreach (['other-reference', 'no-reference'] as $fault) {
    refused("$fault, asked for again", $gate->get($fault));
    expect("$fault, cancelled", !$gate->cancel($fault)->isDone());
}
expect('its own words are told', strpos((string) $gate->get('unavailable')->error(), 'The log cannot be written.') !== false);

// These would last for ever.
$hasty = new SiagaGate($url, TOKEN, ['ca_file' => $ca, 'timeout_ms' => 300]);
foreach (['hangs', 'drips'] as $fault) {
    refused($fault, $hasty->decide($fault, BOOKING));
}

$ask = static function (string $url, array $options, string $token = TOKEN): SiagaDecision {
    return (new SiagaGate($url, $token, $options))->decide('good', BOOKING);
};
refused('another authority', $untrusted = $ask($url, ['ca_file' => $wrongCa]));
expect('the file is named', strpos((string) $untrusted->error(), "ca_file ($wrongCa)") !== false, (string) $untrusted->error());
refused('the authorities of the system', $untrusted = $ask($url, []));
expect('it is said what to give', strpos((string) $untrusted->error(), 'as ca_file') !== false, (string) $untrusted->error());
expect('a token out of a file', $ask($url, ['ca_file' => $ca], TOKEN . "\r\n")->isApproved());
refused('a certificate for another name', $ask("https://localhost:$port", ['ca_file' => $ca]));
refused('an authority that is not there', $missing = $ask($url, ['ca_file' => '/nowhere/ca.pem']));
expect('that file is named too', strpos((string) $missing->error(), '/nowhere/ca.pem') !== false, (string) $missing->error());
refused('nobody there', $ask('https://127.0.0.1:1', ['ca_file' => $ca]));
refused('a plain answer where TLS is spoken', $ask("http://127.0.0.1:$port", []));
// On this machine too, a name that is not its own is somebody else's.
refused('plain HTTP to somebody else', $plain = $ask('http://0.0.0.0:1', []));
expect('it was not even tried', strpos((string) $plain->error(), 'https://') !== false, (string) $plain->error());
refused('a URL that is none', $ask('probe.example', []));
refused('another kind of URL', $ask('file:///etc/passwd', []));
refused('a token that is none', $ask($url, ['ca_file' => $ca], "siaga_1\r\nX-Evil: 1"));
refused('a socket that is not there', $ask('http://localhost', ['socket' => '/nowhere/server.sock']));
foreach (['', '../rooms', 'a/b', 'a b', "a\n", str_repeat('a', 65), '-a'] as $reference) {
    refused("the reference “{$reference}”", $gate->decide($reference, BOOKING));
}
refused('a booking that is no text', $gate->decide('good', ['room' => "\xff"] + BOOKING));
refused('a booking without a slot', $gate->decide('good', ['room' => 'r2']));

echo $failed === 0 ? "ok      the PHP class approves nothing that it should not\n" : "FAILED  $failed\n";
exit($failed === 0 ? 0 : 1);

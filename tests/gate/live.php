<?php
// Every call of the PHP class against the server of docs/booking.md.
//
//     php live.php DAY

declare(strict_types=1);
error_reporting(E_ALL);
set_error_handler(static function (int $level, string $words): bool {
    throw new ErrorException($words);
});
require __DIR__ . '/../../clients/php/SiagaGate.php';

const URL = 'http://127.0.0.1:9871';
$failed = 0;

function expect(string $what, bool $holds, SiagaAnswer $answer): void
{
    global $failed;
    if (!$holds) {
        $failed++;
        fwrite(STDERR, "FAILED  $what: " . $answer->error() . ' ' . json_encode($answer->data()) . "\n");
    }
}

function token(string $name): string
{
    $lines = file("$name.token", FILE_IGNORE_NEW_LINES);
    return (string) end($lines);
}

$booking = json_decode((string) file_get_contents('booking.json'), true);
$day = (new DateTimeImmutable($argv[1]))->modify('+2 days')->format('Y-m-d');
$booking['slot'] = ['start' => "{$day}T09:00:00+07:00", 'end' => "{$day}T11:00:00+07:00"];
$gate = new SiagaGate(URL, token('sibowal'));
$officer = new SiagaGate(URL, token('kepala'));

$dry = $gate->dryRun($booking);
expect('a dry run tells', $dry->wouldBeApproved() && !$dry->isApproved(), $dry);
$none = $gate->get('PHP-1');
expect('nothing was kept of it', $none->status() === 404 && !$none->isApproved(), $none);
$decided = $gate->decide('PHP-1', $booking);
expect('a booking is approved', $decided->isApproved() && $decided->logHead() !== null, $decided);
expect('in both languages', strpos($decided->message('id'), 'bisa difasilitasi') !== false
    && $decided->message('en') !== '' && $decided->message('en') !== $decided->message('id'), $decided);
expect('it stands', $gate->get('PHP-1')->isApproved(), $gate->get('PHP-1'));
$second = $gate->decide('PHP-2', $booking);
expect('a second one is denied', $second->isDenied() && count($second->alternatives()) === 3, $second);
$rooms = $gate->rooms("{$day}T13:00:00+07:00", "{$day}T14:00:00+07:00");
expect('rooms that suit are listed', $rooms->isDone() && $rooms->data()['rooms'] !== [], $rooms);
$outcome = $gate->outcome('PHP-1', 'ok');
expect('an event that has not begun has no outcome', !$outcome->isDone() && $outcome->status() === 409, $outcome);
$override = ['decision' => 'deny', 'actor' => 'Kepala Dinas', 'reason' => 'Ruang direnovasi', 'expires_at' => "{$day}T11:00:00+07:00"];
$refused = $gate->override('PHP-1', $override);
expect('its token may not override', $refused->status() === 403 && !$refused->isApproved(), $refused);
$overridden = $officer->override('PHP-1', $override);
expect('an officer\'s may', $overridden->isDenied(), $overridden);
expect('and that counts', $gate->get('PHP-1')->isDenied(), $gate->get('PHP-1'));
$cancelled = $gate->cancel('PHP-2');
expect('a booking is cancelled', $cancelled->isDone(), $cancelled);
expect('and approves nothing', !$gate->get('PHP-2')->isApproved(), $gate->get('PHP-2'));
$again = $gate->decide('PHP-2', $booking);
expect('nor does its reference again', !$again->isApproved() && $again->status() === 409, $again);
$stranger = (new SiagaGate(URL, 'siaga_' . str_repeat('0', 64)))->decide('PHP-3', $booking);
expect('a wrong token approves nothing', $stranger->status() === 401 && !$stranger->isApproved(), $stranger);
$near = (new SiagaGate('http://localhost', token('sibowal'), ['socket' => 'lab/server.sock']))->get('PHP-1');
expect('the socket answers too', $near->isDenied(), $near);

exit($failed === 0 ? 0 : 1);

<?php

declare(strict_types=1);

/**
 * Asks a Siaga server whether a room can hold a video conference, before a booking is approved.
 *
 * One file and no dependencies but PHP's own curl extension (Debian: php-curl); PHP 7.4 or newer.
 *
 *     $gate = new SiagaGate('https://probe.example:9871', $token, ['ca_file' => '/etc/siaga/ca.pem']);
 *     $decision = $gate->decide('SBW-2026-004512', $booking);
 *     if ($decision->isApproved()) { … } else { echo $decision->message('id'); }
 *
 * It fails closed: nothing here throws, whatever goes wrong comes back as an answer that approves nothing and says what
 * happened in error(). It follows no redirect, waits no longer than it was told, and reads no more than 1 MiB.
 */
final class SiagaGate
{
    /** The longest answer that is read, bytes. A decision has some 10,000. */
    private const LARGEST = 1048576;

    /** The server nests a dozen levels. */
    private const DEEPEST = 64;

    /** curl's numbers for a certificate that can't be trusted, and for a ca_file that can't be read. */
    private const UNTRUSTED = [51, 60, 77];

    private const REFERENCE = '/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z/';

    /** @var string */
    private $url;
    /** @var string */
    private $token;
    /** @var array<string, mixed> */
    private $options;

    /**
     * @param string $url     where the server answers: https://HOST:PORT, or on its own machine http://127.0.0.1:PORT
     * @param string $token   made with “siaga-probe-server api-token add”
     * @param array  $options ca_file: the server's ca.pem; without it the system's authorities count ·
     *                        socket: the server's unix socket, with the URL http://localhost ·
     *                        timeout_ms: for a whole answer (5000) · connect_timeout_ms: for the connection alone (2000)
     */
    public function __construct(string $url, string $token, array $options = [])
    {
        $this->url = rtrim($url, '/');
        // Out of a file it comes with the end of its line.
        $this->token = trim($token);
        $this->options = $options;
    }

    /**
     * Creates or reschedules a booking, and answers with the decision. The same reference again is the same booking.
     *
     * @param array $booking room, slot (start, end), submitted_at, class, profile, letter_ref, devices_expected, room_owner, facts
     */
    public function decide(string $reference, array $booking): SiagaDecision
    {
        $answer = $this->askOf($reference, 'PUT', '', $booking);
        return new SiagaDecision($this->about($answer, $reference, $booking));
    }

    /** The decision as it stands now: an approval may have been withdrawn since. */
    public function get(string $reference): SiagaDecision
    {
        return new SiagaDecision($this->about($this->askOf($reference, 'GET', ''), $reference));
    }

    /** Gives a booking's slot back. Whether that was done is told by isDone(). */
    public function cancel(string $reference): SiagaAnswer
    {
        return $this->about($this->askOf($reference, 'DELETE', ''), $reference);
    }

    /** What would be decided. Nothing is kept, so isApproved() is false; wouldBeApproved() tells. */
    public function dryRun(array $booking): SiagaDecision
    {
        return new SiagaDecision($this->ask('POST', '/v1/decisions/dry-run', $booking), true);
    }

    /** Which rooms suit a slot; times like 2026-11-26T09:00:00+07:00. Without a profile each is held against its own. */
    public function rooms(string $start, string $end, ?string $profile = null): SiagaAnswer
    {
        // What is null is left out.
        $query = http_build_query(['start' => $start, 'end' => $end, 'profile' => $profile]);
        return $this->ask('GET', '/v1/rooms?' . $query)->needing('rooms');
    }

    /**
     * A person decides otherwise; needs a token with the scope “override”.
     *
     * @param array $override decision (approve or deny), actor, reason, expires_at
     */
    public function override(string $reference, array $override): SiagaDecision
    {
        $answer = $this->askOf($reference, 'POST', '/override', $override);
        return new SiagaDecision($this->about($answer, $reference));
    }

    /** How the event went: ok, troubled or failed. Whether that was noted is told by isDone(). */
    public function outcome(string $reference, string $outcome, string $note = ''): SiagaAnswer
    {
        $said = ['outcome' => $outcome] + ($note === '' ? [] : ['note' => $note]);
        return $this->about($this->askOf($reference, 'POST', '/outcome', $said), $reference);
    }

    private function askOf(string $reference, string $method, string $what, ?array $body = null): SiagaAnswer
    {
        if (preg_match(self::REFERENCE, $reference) !== 1) {
            return SiagaAnswer::failed('a reference is 1 to 64 of A-Z, a-z, 0-9, ".", "-", "_", the first a letter or a digit');
        }
        return $this->ask($method, '/v1/bookings/' . $reference . $what, $body);
    }

    /** An answer to another question is none. */
    private function about(SiagaAnswer $answer, string $reference, ?array $booking = null): SiagaAnswer
    {
        if (!$answer->isDone()) {
            return $answer;
        }
        $told = $answer->data();
        if (($told['reference'] ?? null) !== $reference) {
            return SiagaAnswer::failed('the answer is about another booking', $answer->status());
        }
        if ($booking === null) {
            return $answer;
        }
        $request = is_array($told['request'] ?? null) ? $told['request'] : [];
        if (!isset($booking['room']) || ($request['room'] ?? null) !== $booking['room']) {
            return SiagaAnswer::failed('the answer is about another room', $answer->status());
        }
        if (isset($booking['profile']) && ($request['profile'] ?? null) !== $booking['profile']) {
            return SiagaAnswer::failed('the answer is about another profile', $answer->status());
        }
        foreach (['start', 'end'] as $edge) {
            $here = self::moment($booking['slot'][$edge] ?? null);
            if ($here === null || $here !== self::moment($request['slot'][$edge] ?? null)) {
                return SiagaAnswer::failed('the answer is about another time', $answer->status());
            }
        }
        return $answer;
    }

    /** The same moment has the same text, whatever its offset; null if it is none. */
    public static function moment($text): ?string
    {
        if (!is_string($text) || preg_match('/^\d{4}-\d\d-\d\d[Tt ][0-9:.]+([Zz]|[+-]\d\d:\d\d)\z/', $text) !== 1) {
            return null;
        }
        try {
            $moment = new DateTimeImmutable($text);
        } catch (Exception $wrong) {
            return null;
        }
        return $moment->setTimezone(new DateTimeZone('UTC'))->format('Y-m-d\TH:i:s.u');
    }

    private function ask(string $method, string $path, ?array $body = null): SiagaAnswer
    {
        try {
            return $this->exchange($method, $path, $body);
        } catch (Throwable $fault) {
            return SiagaAnswer::failed($fault->getMessage());
        }
    }

    private function exchange(string $method, string $path, ?array $body): SiagaAnswer
    {
        $wrong = $this->misconfiguration();
        if ($wrong !== null) {
            return SiagaAnswer::failed($wrong);
        }
        $headers = ['Authorization: Bearer ' . $this->token, 'Accept: application/json', 'Expect:'];
        $read = '';
        $curl = curl_init();
        $options = $this->curlOptions($method, $path) + [
            CURLOPT_WRITEFUNCTION => static function ($curl, string $part) use (&$read): int {
                if (strlen($read) + strlen($part) > self::LARGEST) {
                    return -1;
                }
                $read .= $part;
                return strlen($part);
            },
        ];
        if ($body !== null) {
            $headers[] = 'Content-Type: application/json';
            $options[CURLOPT_POSTFIELDS] = json_encode($body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
        }
        $options[CURLOPT_HTTPHEADER] = $headers;
        if ($curl === false || !curl_setopt_array($curl, $options)) {
            return SiagaAnswer::failed('curl refuses an option; see that ca_file and socket can be read');
        }
        if (curl_exec($curl) === false) {
            return SiagaAnswer::failed($this->curlFault($curl));
        }
        $status = (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        $kind = (string) curl_getinfo($curl, CURLINFO_CONTENT_TYPE);
        return self::parse($status, $kind, $read);
    }

    private function misconfiguration(): ?string
    {
        if (!extension_loaded('curl')) {
            return 'PHP has no curl extension; install it (Debian: apt-get install php-curl)';
        }
        if (preg_match('/^siaga_[0-9A-Za-z]+\z/', $this->token) !== 1) {
            return 'the token is none; make one with “siaga-probe-server api-token add”';
        }
        $parts = parse_url($this->url);
        $host = $parts['host'] ?? '';
        $local = in_array($host, ['127.0.0.1', 'localhost', '[::1]'], true);
        $scheme = $parts['scheme'] ?? '';
        if ($host === '' || !($scheme === 'https' || ($scheme === 'http' && $local))) {
            return 'the URL is https://HOST:PORT, or on the server\'s own machine http://127.0.0.1:PORT';
        }
        if (isset($parts['user']) || isset($parts['query']) || isset($parts['fragment'])) {
            return 'the URL names a server and nothing else';
        }
        return null;
    }

    private function curlOptions(string $method, string $path): array
    {
        $scheme = strncmp($this->url, 'https:', 6) === 0 ? CURLPROTO_HTTPS : CURLPROTO_HTTP;
        $options = [
            CURLOPT_URL => $this->url . $path,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_PROTOCOLS => $scheme,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_SSL_VERIFYPEER => true,
            CURLOPT_SSL_VERIFYHOST => 2,
            CURLOPT_SSLVERSION => CURL_SSLVERSION_TLSv1_2,
            // Signals are the web server's.
            CURLOPT_NOSIGNAL => true,
            CURLOPT_CONNECTTIMEOUT_MS => $this->milliseconds('connect_timeout_ms', 2000),
            CURLOPT_TIMEOUT_MS => $this->milliseconds('timeout_ms', 5000),
            // The environment must not send a token elsewhere.
            CURLOPT_PROXY => '',
        ];
        if (isset($this->options['ca_file'])) {
            $options[CURLOPT_CAINFO] = (string) $this->options['ca_file'];
            // Else the system's authorities would count beside it.
            $options[CURLOPT_CAPATH] = '/dev/null';
        }
        if (isset($this->options['socket'])) {
            $options[CURLOPT_UNIX_SOCKET_PATH] = (string) $this->options['socket'];
        }
        return $options;
    }

    /** To curl 0 is for ever. */
    private function milliseconds(string $option, int $else): int
    {
        return max(1, min(60000, (int) ($this->options[$option] ?? $else)));
    }

    private function curlFault($curl): string
    {
        if (curl_errno($curl) === CURLE_WRITE_ERROR) {
            return 'the answer is longer than ' . self::LARGEST . ' bytes; what answers is not Siaga';
        }
        $words = curl_error($curl) !== '' ? curl_error($curl) : 'curl error ' . curl_errno($curl);
        if (in_array(curl_errno($curl), self::UNTRUSTED, true)) {
            $file = $this->options['ca_file'] ?? null;
            $words .= $file === null
                ? '; give the server\'s ca.pem as ca_file'
                : "; ca_file ($file) has to be this server's own ca.pem, and the URL one of the names in its certificate";
        }
        return $words;
    }

    private static function parse(int $status, string $kind, string $body): SiagaAnswer
    {
        $data = json_decode($body, true, self::DEEPEST);
        $type = strtolower(trim(explode(';', $kind)[0]));
        if ($status === 200 && $type === 'application/json' && is_array($data)) {
            return SiagaAnswer::of($status, $data);
        }
        if ($status === 204 && $body === '') {
            return SiagaAnswer::of($status, []);
        }
        $said = is_array($data) && is_string($data['detail'] ?? null) ? $data['detail'] : 'what answers is not Siaga';
        return SiagaAnswer::failed('HTTP ' . $status . ': ' . $said, $status);
    }
}

/** What the server answered, or why it did not. */
class SiagaAnswer
{
    /** @var int */
    private $status;
    /** @var array<string, mixed> */
    private $data;
    /** @var ?string */
    private $error;

    protected function __construct(int $status, array $data, ?string $error)
    {
        $this->status = $status;
        $this->data = $data;
        $this->error = $error;
    }

    public static function of(int $status, array $data): self
    {
        return new self($status, $data, null);
    }

    public static function failed(string $error, int $status = 0): self
    {
        return new self($status, [], $error);
    }

    /** The server has done what it was asked. */
    public function isDone(): bool
    {
        return $this->error === null;
    }

    /** What went wrong, for the log; null if nothing did. */
    public function error(): ?string
    {
        return $this->error;
    }

    /** The HTTP status; 0 without an answer. */
    public function status(): int
    {
        return $this->status;
    }

    /** The answer as it came; empty if none did that counts. */
    public function data(): array
    {
        return $this->data;
    }

    /** The same, if it holds a list of this name. */
    public function needing(string $list): self
    {
        if ($this->isDone() && !is_array($this->data[$list] ?? null)) {
            return self::failed('the answer holds no ' . $list . '; what answers is not Siaga', $this->status);
        }
        return $this;
    }
}

/** What is decided about a booking. */
final class SiagaDecision extends SiagaAnswer
{
    private const DECISIONS = ['approve', 'approve_with_conditions', 'review', 'deny', 'cancelled'];

    /** @var bool */
    private $dry;

    public function __construct(SiagaAnswer $answer, bool $dry = false)
    {
        $decision = $answer->data()['decision'] ?? null;
        $error = $answer->error();
        if ($error === null && !in_array($decision, self::DECISIONS, true)) {
            $error = 'the answer holds no decision; what answers is not Siaga';
        }
        parent::__construct($answer->status(), $error === null ? $answer->data() : [], $error);
        $this->dry = $dry;
    }

    /** approve, approve_with_conditions, review, deny or cancelled; “unavailable” if there is none. */
    public function decision(): string
    {
        return $this->data()['decision'] ?? 'unavailable';
    }

    /** The booking holds its slot, perhaps on conditions. False whenever there is any doubt. */
    public function isApproved(): bool
    {
        return !$this->dry && $this->wouldBeApproved();
    }

    /** The same of a dry run. */
    public function wouldBeApproved(): bool
    {
        return in_array($this->decision(), ['approve', 'approve_with_conditions'], true)
            && !$this->isOver();
    }

    /** A person has to look at it: also where there was no answer. */
    public function needsReview(): bool
    {
        return in_array($this->decision(), ['review', 'unavailable'], true);
    }

    public function isDenied(): bool
    {
        return $this->decision() === 'deny';
    }

    /** How far the checks before the event have come: pending, confirmed or unconfirmed; null where nothing is said. */
    public function standing(): ?string
    {
        $standing = $this->data()['standing'] ?? null;
        return is_string($standing) ? $standing : null;
    }

    /** To be pasted into a letter or a chat; “id” or “en”. */
    public function message(string $language = 'id'): string
    {
        $message = $this->data()['message'][$language] ?? null;
        if (is_string($message)) {
            return $message;
        }
        return $language === 'en'
            ? 'The room could not be checked; an officer has to look at this booking.'
            : 'Ruang belum dapat diperiksa; permohonan ini perlu ditinjau petugas.';
    }

    /** @return array<int, array<string, mixed>> other times that are free, nearest first */
    public function alternatives(): array
    {
        $list = $this->data()['alternatives'] ?? [];
        return is_array($list) ? $list : [];
    }

    /** SEQ:HASH, to be kept with the booking: “audit verify --head” finds a log that was cut since. Null without one. */
    public function logHead(): ?string
    {
        $head = $this->data()['log'] ?? null;
        return is_array($head) && isset($head['seq'], $head['hash']) ? $head['seq'] . ':' . $head['hash'] : null;
    }

    private function isOver(): bool
    {
        $until = $this->data()['expires_at'] ?? null;
        return $until !== null && (SiagaGate::moment($until) ?? '') <= gmdate('Y-m-d\TH:i:s.u');
    }
}

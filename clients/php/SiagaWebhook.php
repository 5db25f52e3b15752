<?php

declare(strict_types=1);

/**
 * Receives what a Siaga server tells by itself: that an approval was withdrawn, for example.
 *
 * One file and no dependencies; PHP 7.4 or newer.
 *
 *     $webhook = new SiagaWebhook(trim(file_get_contents('/etc/siaga/webhook.secret')));
 *     $event = $webhook->receive();
 *     if ($event === null) { http_response_code(400); exit; }
 *     $decision = $gate->get($event['reference']);   // what holds now
 *     …                                              // note it
 *     http_response_code(204);
 *
 * An event may come twice and late, so it is a reason to ask and not an answer: what holds is what the gate says when it is
 * asked. Answer 2xx only when that is noted; anything else makes the server send the event again.
 */
final class SiagaWebhook
{
    /** The longest body that is read, bytes. */
    private const LARGEST = 65536;

    /** By how much the two clocks may differ, and how old an event's delivery may be, seconds. */
    private const TOLERANCE = 300;

    /** @var ?string */
    private $key;

    /** @param string $secret what the server's secret file holds: “whsec_” and base64 */
    public function __construct(string $secret)
    {
        $key = strncmp($secret, 'whsec_', 6) === 0 ? base64_decode(substr($secret, 6), true) : false;
        $this->key = is_string($key) && strlen($key) >= 24 ? $key : null;
    }

    /** The event of the running request; null if it is not the server's, or not of now. */
    public function receive(): ?array
    {
        $body = file_get_contents('php://input', false, null, 0, self::LARGEST + 1);
        $header = static function (string $name): string {
            $value = $_SERVER['HTTP_WEBHOOK_' . $name] ?? '';
            return is_string($value) ? $value : '';
        };
        return $this->event((string) $body, $header('ID'), $header('TIMESTAMP'), $header('SIGNATURE'), time());
    }

    /**
     * The event that these bytes are, if they are the server's and not of another time.
     *
     * @param string $body      as it came, not parsed and written anew
     * @param string $id        header webhook-id
     * @param string $timestamp header webhook-timestamp
     * @param string $signature header webhook-signature
     * @param int    $now       seconds since 1970
     */
    public function event(string $body, string $id, string $timestamp, string $signature, int $now): ?array
    {
        if ($this->key === null || strlen($body) > self::LARGEST || strlen($signature) > 1024) {
            return null;
        }
        if (preg_match('/^[0-9]{1,12}\z/', $timestamp) !== 1 || abs($now - (int) $timestamp) > self::TOLERANCE) {
            return null;
        }
        if (!$this->signed($id . '.' . $timestamp . '.' . $body, $signature)) {
            return null;
        }
        $event = json_decode($body, true, 16);
        $whole = is_array($event) && ($event['id'] ?? null) === $id
            && is_string($event['reference'] ?? null) && is_string($event['event'] ?? null);
        return $whole ? $event : null;
    }

    /** While a secret is being changed there are two signatures; one that fits is enough. */
    private function signed(string $content, string $signatures): bool
    {
        $right = 'v1,' . base64_encode(hash_hmac('sha256', $content, (string) $this->key, true));
        $signed = false;
        foreach (explode(' ', $signatures) as $signature) {
            $signed = hash_equals($right, $signature) || $signed;
        }
        return $signed;
    }
}

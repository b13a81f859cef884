"""Tokens by which the shop says which customer is signed in (JWT, RFC 7519, HMAC-SHA-256)."""

from datetime import UTC, datetime, timedelta

import jwt

from shopfloor.kernel.clock import Clock
from shopfloor.kernel.errors import InvalidInput
from shopfloor.kernel.ids import CustomerId

ALGORITHM = "HS256"
AUDIENCE = "shopfloor"
LIFETIME = timedelta(hours=1)


class CustomerTokens:
    """Signs and checks tokens with the installation's secret."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        """Take the secret, at least 32 bytes."""
        self._secret = secret
        self._clock = clock

    def sign(self, customer_id: CustomerId, *, lifetime: timedelta = LIFETIME) -> str:
        """Return a token that names a customer until it expires."""
        expires = self._clock.now() + lifetime
        claims = {"sub": customer_id, "aud": AUDIENCE, "exp": int(expires.timestamp())}
        return jwt.encode(  # pyright: ignore[reportUnknownMemberType]  (types need an optional package)
            claims, self._secret, algorithm=ALGORITHM
        )

    def verify(self, token: str) -> CustomerId:
        """Return the customer a token names.

        Raises:
            InvalidInput: it was not signed by this installation, is for something else, or has expired.
        """
        try:
            claims = jwt.decode(  # pyright: ignore[reportUnknownMemberType]
                token,
                self._secret,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                options={"require": ["sub", "exp", "aud"], "verify_exp": False},
            )
            expires = datetime.fromtimestamp(int(claims["exp"]), UTC)
        except (jwt.InvalidTokenError, ArithmeticError, TypeError, ValueError) as error:
            raise InvalidInput("the sign-in token is not valid: sign in again") from error
        # The library would read the machine's clock; expiry is judged by the installation's own.
        if expires <= self._clock.now():
            raise InvalidInput("the sign-in has expired: sign in again")
        return CustomerId(str(claims["sub"]))

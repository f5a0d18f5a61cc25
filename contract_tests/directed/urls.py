"""DATA-15 to DATA-17: the URLs to which a payer is sent back."""

from ..operations import URLS
from ..trial import Trial, judges
from .fields import Field, is_hosted, try_fields


@judges("DATA-15", "DATA-16", "DATA-17")
def urls_as_rfc_3986_writes_them(trial: Trial) -> None:
    """URLs are judged as RFC 3986 writes them, not as a browser would repair them."""
    long = "https://shop.example/" + "a" * (2048 - len("https://shop.example/"))
    tables: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
        (
            "DATA-15",
            (
                "https://shop.example",
                "HTTPS://Shop.Example/Path?a=1&b=%20#top",
                "https://xn--bcher-kva.example/",
                "https://192.0.2.1/",
                "https://[2001:db8::1]:8443/x",
                "https://shop.example?q",
                "https://shop.example/a//b/../c;d=e",
                "https://shop.example/?next=user@host",
                long,
            ),
            (
                "",
                "shop.example",
                "/path",
                "//shop.example/",
                "https:/shop.example",
                "https://[2001:db8::1::2]/",
                "https://[shop.example]/",
                "https://[::1/",
                "https:///path",
                "https://",
                "https://?q",
                "ftp://shop.example/",
                "javascript:alert(1)",
                long + "a",
            ),
        ),
        (
            "DATA-16",
            (
                "http://localhost/x",
                "HTTP://LocalHost:3000",
                "http://127.0.0.1:8080/x",
                "http://127.255.0.3/",
                "http://[::1]:80/",
            ),
            (
                "http://shop.example/",
                "http://localhost.example/",
                "http://127.0.0.1.example/",
                "http://128.0.0.1/",
                "http://127.1/",
                "http://[::2]/",
                "http://0.0.0.0/",
                "http://127.0.0.256/",
                "http://127.999.0.1/",
            ),
        ),
        (
            "DATA-17",
            ("https://shop.example/%C3%BC?q=%2F",),
            (
                "https://user@shop.example/",
                "https://user:password@shop.example/",
                "https://@shop.example/",
                "https://shop.example@evil.example/",
                "https://shop.example/a b",
                " https://shop.example/",
                "https://shop.example/\n",
                "https://shop.example/\t",
                "https://shop.example/\u0000",
                "https://shop.example\\evil",
                "https://shop.example/ü",
                "https://bücher.example/",
                "https://shop.example/%",
                "https://shop.example/%2",
                "https://shop.example/%zz",
                "https://shop.example/<script>",
                'https://shop.example/"',
                "https://shop.example/{id}",
                "https://shop.example/a|b",
                "https://shop.example/a^b",
                "https://shop.example/`",
                "https://shop.example/?ids[]=1",
                "https://shop.example/#top#bottom",
            ),
        ),
        (
            "DATA-15",
            ("https://shop.example:1/", "https://shop.example:65535/", "https://shop.example:443"),
            (
                "https://shop.example:0/",
                "https://shop.example:65536/",
                "https://shop.example:99999/",
                "https://shop.example:-1/",
                "https://shop.example:8o/",
            ),
        ),
    )
    for requirement, accepted, refused in tables:
        names = [trial.random.choice(URLS) for _ in (*accepted, *refused)]
        fields = [
            *(
                Field(requirement=requirement, name=name, accepted=(url,), refused=(), fits=is_hosted)
                for name, url in zip(names, accepted, strict=False)
            ),
            *(
                Field(requirement=requirement, name=name, accepted=(), refused=(url,), fits=is_hosted)
                for name, url in zip(names[len(accepted) :], refused, strict=True)
            ),
        ]
        try_fields(trial, fields)

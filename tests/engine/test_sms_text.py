"""Texts in as few SMS as possible, cut only where nothing breaks."""

# ruff: noqa: RUF001 - typographic characters are what this is about

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.sms.sms_text import (
    Encoding,
    count_segments,
    encoding_of,
    shorten,
    to_sms,
)

LINK = "https://house.example.org/homesec/clip/01K0C0FFEE0000000000000000"


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # 76 of them in each segment, as none is divided: one unit stays empty.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("ż" * 70, 1),
        ("ż" * 71, 2),
        ("ż" * 134, 2),
        ("ż" * 135, 3),
        ("🐈" * 35, 1),
        ("🐈" * 36, 2),
        ("🐈" * 66, 2),
        ("🐈" * 67, 3),
        ("~^{}[]\\|€", 1),
    ],
)
def test_count_of_segments_follows_the_standard(text: str, segments: int) -> None:
    assert count_segments(text) == segments


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Anna’s “garden” – 3 × a day…", 'Anna\'s "garden" - 3 x a day...'),
        ("Café\u00a0de la gare", "Café de la gare"),
        ("Cafe\u0301", "Café"),  # composed
        ("`tick´ ′ ″ − • « »", "'tick' ' \" - * \" \""),
        ("soft\u00adhyphen\ufeff\u200b", "softhyphen"),
        # A letter or an emoji outside the alphabet: no segment is saved, so nothing is changed.
        ("Żółta brama – “dół”…", "Żółta brama – “dół”…"),
        ("Garden 🐈 – Anna’s", "Garden 🐈 – Anna’s"),
        # A pair of surrogates that came as two characters, and a half without the other.
        ("\ud83d\udc08", "🐈"),
        ("\ud83d!", "\ufffd!"),
    ],
)
def test_typographic_characters_are_replaced_where_that_helps(text: str, sent: str) -> None:
    assert to_sms(text) == sent


WORDS = "in one SMS, if none of its characters is outside the GSM alphabet of all phones"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Żółta brama", "Zolta brama"),
        ("Ćevapčići, œuf, İstanbul, ﬁ, 21 °C", "Cevapcici, oeuf, Istanbul, fi, 21 C"),
        ("Ünlü ä ß Ç é stay, ç not", "Ünlü ä ß Ç é stay, c not"),
        ("Kitten 🐈", "Kitten"),
        ("Kitten 🐈 – garden", "Kitten - garden"),
        ("👍🏽 🐈‍⬛ Kitten 🏳️‍🌈!", "Kitten!"),
        ("a🐈b", "a b"),
        ("the 🐈", "the"),
        # Nothing would be left of it.
        ("Who: 🚗. Where", None),
        ("🚗", None),
        ("Гараж 🐈", None),
        ("車庫", None),
        ("≤ 5", None),
    ],
)
def test_letters_and_emoji_are_changed_where_that_saves_a_segment(
    text: str, sent: str | None
) -> None:
    assert to_sms(text) == text
    expected = f"{text}: {WORDS}" if sent is None else f"{sent}: {WORDS}"
    assert to_sms(f"{text}: {WORDS}") == expected


def test_link_stays_as_it_is() -> None:
    link = "https://zażółć.example.org/🐈/…"
    assert to_sms(f"Zażółć {link} {WORDS}") == f"Zażółć {link} {WORDS}"


def test_text_that_is_cut_off_stays_in_its_alphabet() -> None:
    sent = to_sms("Anna’s " * 300, 1600)
    assert sent.endswith("...")
    assert encoding_of(sent) is Encoding.GSM
    assert 1590 < len(sent) <= 1600


def test_link_is_kept_when_the_text_before_is_cut_off() -> None:
    sent = to_sms(f"{'very ' * 400} {LINK}", 300)
    assert sent.endswith(f"... {LINK}")
    assert len(sent) <= 300


def test_link_is_kept_when_the_text_after_is_cut_off() -> None:
    sent = to_sms(f"See {LINK} {'very ' * 400}", 300)
    assert sent.startswith(f"See {LINK} very")
    assert sent.endswith("...")


def test_links_without_room_for_all_are_left_out_whole() -> None:
    assert to_sms(f"{LINK} {LINK}x", 100) == LINK
    assert to_sms(LINK, 20) == ""


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Front door", "Front door"),
        ("A very long name of a camera", "A very long name of..."),
        ("Nineteen letters no👨‍👩‍👧 and more", "Nineteen letters no..."),
        ("Eighteen letters n👍🏽 and more", "Eighteen letters n..."),
        ("Eighteen letters n🇵🇱🇵🇱 and more", "Eighteen letters n..."),
        ("Seventeen letters🇵🇱🇵🇱 and more", "Seventeen letters🇵🇱..."),
        ("Eighteen letters xe\u0301 and more", "Eighteen letters x..."),
    ],
)
def test_shortened_name_keeps_emoji_and_accents_whole(name: str, short: str) -> None:
    assert shorten(name, 22) == short


TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=()),
        st.sampled_from("aé€[ …’“żł🐈👍🏽\u200d\ufe0f🇵🇱\u0301\ud83d\udc08\n"),
        st.just(" "),
    ),
    max_size=120,
)


@given(before=TEXTS, after=TEXTS, limit=st.integers(len(LINK) + 2, 300))
def test_any_text_fits_its_limit_and_keeps_its_link(before: str, after: str, limit: int) -> None:
    sent = to_sms(f"{before} {LINK} {after}", limit)
    assert encoding_of(sent).length(sent) <= limit
    assert LINK in sent
    sent.encode()  # no half of a pair


@given(text=TEXTS)
def test_text_never_takes_more_segments_than_it_came_with(text: str) -> None:
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert count_segments(to_sms(text)) <= count_segments(text)
    if encoding_of(text) is Encoding.GSM:
        assert to_sms(text) == text


@given(text=TEXTS)
def test_form_that_was_chosen_is_chosen_again(text: str) -> None:
    assert to_sms(to_sms(text)) == to_sms(text)


LETTERS = st.text(st.sampled_from("aZéŻółćçñßŐřœđ ,.-'’“”…–"), min_size=1, max_size=120)


@given(text=LETTERS)
def test_text_in_latin_letters_takes_no_more_than_in_the_gsm_alphabet(text: str) -> None:
    """Its longest replacement is three dots for an ellipsis."""
    sent = to_sms(text)
    assert count_segments(sent) <= max(1, -(-3 * len(text) // 153))
    if len(text) > 70:
        assert encoding_of(sent) is Encoding.GSM

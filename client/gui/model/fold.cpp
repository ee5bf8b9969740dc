#include "client/gui/model/fold.h"

#include <algorithm>

#include "base/utf8.h"

namespace sqlcast::gui {

namespace {

// The letter that each character from `first` on stands for, by Unicode's decompositions and small letters, and those
// with a stroke through them; · = itself.
struct Letters {
  char32_t first;
  std::u16string_view stand_for;
};

constexpr std::u16string_view kLatin =
    u"aaaaaaæceeeeiiiiðnooooo·ouuuuyþ·aaaaaa·ceeeeiiii·nooooo·ouuuuy·yaaaaaaccccccccddddeeeeeeeeeegggggggg"
    u"hhhhiiiiiiiiiiĳ·jjkk·llllllŀ·llnnnnnn·ŋ·ooooooœ·rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz·bɓƃ·ƅ·ɔƈ"
    u"·ɖɗƌ··ǝəɛƒ·ɠɣ·ɩiƙ···ɯɲ·ɵooƣ·ƥ·ʀƨ·ʃ··ƭ·ʈuuʊʋƴ·zzʒƹ···ƽ·······ǆǆ·ǉǉ·ǌǌ·aaiioouuuuuuuuuu·aaaaææǥ·ggkkoo"
    u"ooʒʒjǳǳ·ggƕƿnnaaææooaaaaeeeeiiiioooorrrruuuussttȝ·hhƞ·ȣ·ȥ·aaeeooooooooyy······ⱥȼ·ƚⱦ··ɂ·buʌɇ·jjɋ·ɍ·ɏ·";
constexpr std::u16string_view kGreekAndCyrillic =
    u"ͱ·ͳ·ʹ·ͷ········ϳ······α·εηι·ο·υωιαβγδεζηθικλμνξοπρ·στυφχψωιυαεηιυ·················σ·······ιυουωϗ···ϒ"
    u"ϒ···ϙ·ϛ·ϝ·ϟ·ϡ·ϣ·ϥ·ϧ·ϩ·ϫ·ϭ·ϯ·····θ··ϸ·ϲϻ··ͻͼͽееђгєѕііјљњћкиуџабвгдежзииклмнопрстуфхцчшщъыьэюя········"
    u"·и······················ее·г···і····киу·ѡ·ѣ·ѥ·ѧ·ѩ·ѫ·ѭ·ѯ·ѱ·ѳ·ѵ·ѵѵѹ·ѻ·ѽ·ѿ·ҁ·········ҋ·ҍ·ҏ·ґ·ғ·ҕ·җ·ҙ·қ·"
    u"ҝ·ҟ·ҡ·ң·ҥ·ҧ·ҩ·ҫ·ҭ·ү·ұ·ҳ·ҵ·ҷ·ҹ·һ·ҽ·ҿ·ӏжжӄ·ӆ·ӈ·ӊ·ӌ·ӎ··ааааӕ·ееә·әәжжззӡ·ииииооө·өөээууууууччӷ·ыыӻ·ӽ·ӿ·"
    u"ԁ·ԃ·ԅ·ԇ·ԉ·ԋ·ԍ·ԏ·ԑ·ԓ·ԕ·ԗ·ԙ·ԛ·ԝ·ԟ·ԡ·ԣ·ԥ·ԧ·ԩ·ԫ·ԭ·ԯ·";
constexpr std::u16string_view kMarkedLatinAndGreek =
    u"aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssss"
    u"ssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy·ſ··ß·aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeee"
    u"iiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyyỻ·ỽ·ỿ·ααααααααααααααααεεεεεε··εεεεεε··ηηηηηηηηηηηη"
    u"ηηηηιιιιιιιιιιιιιιιιοοοοοο··οοοοοο··υυυυυυυυ·υ·υ·υ·υωωωωωωωωωωωωωωωωααεεηηιιοουυωω··αααααααααααααααα"
    u"ηηηηηηηηηηηηηηηηωωωωωωωωωωωωωωωωααααα·ααααααα·ι···ηηη·ηηεεηηη···ιιιι··ιιιιιι····υυυυρρυυυυυυρ·····ωω"
    u"ω·ωωοοωωω···";

constexpr Letters kLetters[] = {{0xC0, kLatin}, {0x370, kGreekAndCyrillic}, {0x1E00, kMarkedLatinAndGreek}};

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char small_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

char32_t letter_of(char32_t character) {
  for (const Letters& letters : kLetters) {
    if (character < letters.first || character - letters.first >= letters.stand_for.size()) continue;
    const char16_t letter = letters.stand_for[character - letters.first];
    return letter == u'·' ? character : letter;
  }
  return character;
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint one = code_point_at(text, at);
    const bool mark = one.value >= 0x300 && one.value < 0x370;  // set upon the letter before it
    const char32_t letter = letter_of(one.value);
    if (one.value < 0x80) {
      out += small_letter(text[at]);
    } else if (one.value == U'ß' || one.value == U'ẞ') {
      out += "ss";
    } else if (one.value == U'æ' || one.value == U'Æ') {
      out += "ae";
    } else if (one.value == U'œ' || one.value == U'Œ') {
      out += "oe";
    } else if (!one.valid || letter == one.value) {
      if (!one.valid || !mark) out += text.substr(at, one.size);
    } else {
      append_utf8(out, letter);
    }
    at += one.size;
  }
  return out;
}

bool contains_folded(std::string_view text, std::string_view folded_needle) {
  if (!is_ascii(text)) return folded(text).find(folded_needle) != std::string::npos;
  return std::search(text.begin(), text.end(), folded_needle.begin(), folded_needle.end(),
                     [](char x, char y) { return small_letter(x) == y; }) != text.end();
}

}  // namespace sqlcast::gui

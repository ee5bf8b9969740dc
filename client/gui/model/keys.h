// Key codes as the windows' layer reports them (the numbers are GLFW's), so that view code, scripts and tests
// name keys without it. Plain.
#pragma once

namespace sqlcast::gui::key {

inline constexpr int kSpace = 32, kComma = 44, kMinus = 45, kPeriod = 46, kSlash = 47, kDigit0 = 48, kDigit9 = 57;
inline constexpr int kEqual = 61, kA = 65, kZ = 90;
constexpr int letter(char upper) { return upper; }
inline constexpr int kEscape = 256, kEnter = 257, kTab = 258, kBackspace = 259, kInsert = 260, kDelete = 261;
inline constexpr int kRight = 262, kLeft = 263, kDown = 264, kUp = 265, kPageUp = 266, kPageDown = 267;
inline constexpr int kHome = 268, kEnd = 269, kF1 = 290, kF12 = 301, kKeypadEnter = 335;
inline constexpr int kLeftShift = 340, kLeftControl = 341, kLeftAlt = 342, kLeftSuper = 343;
inline constexpr int kRightShift = 344, kRightControl = 345, kRightAlt = 346, kRightSuper = 347;

}  // namespace sqlcast::gui::key

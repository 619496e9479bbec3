"""What a command of a formula stands for: Greek letters, operators, functions, accents (core)."""


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


GREEK = _pairs("""
  alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν
  xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω
  Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Phi Φ Psi Ψ Omega Ω
""")
LETTERS = _pairs("infty ∞ emptyset ∅ degree ° ell ℓ hbar ℏ angle ∠")
# Operators with a space on both sides in plain text, and those without one.
APART = _pairs("""
  pm ± mp ∓ times × div ÷ le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ approx ≈ equiv ≡ sim ∼ in ∈ notin ∉ cup ∪ cap ∩
  subset ⊂ subseteq ⊆ to → rightarrow → leftarrow ← Rightarrow ⇒ Leftrightarrow ⇔ rightleftharpoons ⇌
  uparrow ↑ downarrow ↓ perp ⊥ parallel ∥ land ∧ lor ∨
""")
TIGHT = _pairs("""
  cdot · circ ∘ triangle △ sum ∑ prod ∏ int ∫ neg ¬ ldots … dots … cdots ⋯ forall ∀ exists ∃
  % % { { } } $ $ _ _
""")
FUNCTIONS = (
    *("sin", "cos", "tan", "tg", "cot", "ctg", "arcsin", "arccos", "arctg", "arcctg", "lg", "ln", "log"),
    *("lim", "max", "min", "exp"),
)
SPACES = {",": "0.2em", ";": "0.5em", " ": "0.5em", "quad": "1em"}
# Accents: what MathML puts above, and what plain text puts behind each letter.
ACCENTS = {
    "vec": ("→", "\u20d7"),
    "overline": ("¯", "\u0305"),
    "bar": ("¯", "\u0305"),
    "hat": ("^", "\u0302"),
    "dot": ("˙", "\u0307"),
}
SPACED = frozenset("=<>+−") | frozenset(APART.values())  # signs with a space on both sides in plain text
TYPED = {"-": "−", "*": "·"}  # what is typed for what is printed
RAISED = str.maketrans("0123456789+-−=()niabcx", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵃᵇᶜˣ")
LOWERED = str.maketrans("0123456789+-−=()aeoxn", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓₙ")
ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}

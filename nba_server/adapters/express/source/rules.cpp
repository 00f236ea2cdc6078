// The rules of a stage over all actions, as nba_server/domain/rule_table.py and condition.py have them.
#include "decision.h"

#include <cmath>
#include <limits>

namespace express {

namespace {

constexpr double kExact = 9007199254740992.0;  // integers beyond 2^53 are not exact
const double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace

// What rules read of the customer, as domain/rule_table.py's vectors.
void Decision::read_leaves() {
  leaves_.resize(tables_.leaves.size());
  for (size_t i = 0; i < leaves_.size(); ++i) {
    const Leaf &leaf = tables_.leaves[i];
    const Fact &fact = customer.facts[static_cast<size_t>(leaf.fact)];
    double &value = leaves_[i];
    value = kNaN;
    if (fact.kind == Fact::Missing) continue;
    if (leaf.kind == Leaf::Holds) {
      if (fact.kind != Fact::List) throw Unfit{};
      value = holds(fact, leaf.item);
    } else if (leaf.kind == Leaf::Code) {
      if (fact.kind != Fact::Words) throw Unfit{};
      value = static_cast<double>(tables_.texts.of(fact.text));
    } else {
      if (fact.kind == Fact::Words || fact.kind == Fact::List) throw Unfit{};
      if (!(fact.number > -kExact && fact.number < kExact)) throw Unfit{};
      value = fact.number;
    }
  }
}

void Decision::apply(const RuleStage &rules, int stage) {
  for (size_t i = 0; i < stage_.size(); ++i)
    if (rules.offer_removed[i] && tables_.regular[i] && !stage_[i]) stage_[i] = static_cast<uint8_t>(stage);
  for (const Condition &condition : rules.conditions) {
    bool known = false, passes = false;
    for (int32_t action : condition.actions) {
      size_t place = static_cast<size_t>(action);
      if (stage_[place] || !tables_.regular[place]) continue;
      if (!known || !condition.common) {
        passes = is_true(condition, action);
        known = true;
      }
      if (!passes) stage_[place] = static_cast<uint8_t>(stage);
    }
  }
}

double Decision::operand(const Step &step, int32_t action) const {
  size_t place = static_cast<size_t>(step.operand);
  switch (step.op) {
    case Op::Constant: return tables_.constants[place];
    case Op::Shared: return leaves_[place];
    case Op::Offer: return tables_.offer_columns[place][static_cast<size_t>(action)];
    default: return pair(step.operand, action);
  }
}

// Three-valued: what is computed from a missing value is neither true nor false (domain/condition.py).
bool Decision::is_true(const Condition &condition, int32_t action) const {
  if (condition.simple) {  // a comparison with NaN is false but for `!=`
    double left = operand(condition.steps[0], action), right = operand(condition.steps[1], action);
    switch (condition.steps[2].op) {
      case Op::Less: return left < right;
      case Op::LessEqual: return left <= right;
      case Op::Greater: return left > right;
      case Op::GreaterEqual: return left >= right;
      case Op::Equal: return left == right;
      default: return left != right && !std::isnan(left) && !std::isnan(right);
    }
  }
  enum : uint8_t { False, True, Error };
  union Value {
    double number;
    uint8_t truth;
  } stack[64];
  size_t top = 0;
  for (const Step &step : condition.steps) {
    switch (step.op) {
      case Op::Constant: case Op::Shared: case Op::Offer: case Op::Pair: stack[top++].number = operand(step, action); break;
      case Op::Known: stack[top - 1].truth = std::isnan(stack[top - 1].number) ? False : True; break;
      case Op::Is: {
        double value = stack[top - 1].number;
        stack[top - 1].truth = value == 1.0 ? True : value == 0.0 ? False : Error;
        break;
      }
      case Op::Not: {
        uint8_t &truth = stack[top - 1].truth;
        truth = truth == Error ? Error : truth == True ? False : True;
        break;
      }
      case Op::Both: {
        uint8_t right = stack[--top].truth, left = stack[top - 1].truth;
        stack[top - 1].truth = left == False || right == False ? False : left == True && right == True ? True : Error;
        break;
      }
      case Op::Either: {
        uint8_t right = stack[--top].truth, left = stack[top - 1].truth;
        stack[top - 1].truth = left == True || right == True ? True : left == False && right == False ? False : Error;
        break;
      }
      default: {
        double right = stack[--top].number, left = stack[top - 1].number;
        bool told = !std::isnan(left) && !std::isnan(right), found = false;
        switch (step.op) {
          case Op::Add: stack[top - 1].number = left + right; continue;
          case Op::Subtract: stack[top - 1].number = left - right; continue;
          case Op::Multiply: stack[top - 1].number = left * right; continue;
          case Op::Less: found = left < right; break;
          case Op::LessEqual: found = left <= right; break;
          case Op::Greater: found = left > right; break;
          case Op::GreaterEqual: found = left >= right; break;
          case Op::Equal: found = left == right; break;
          default: found = left != right; break;
        }
        stack[top - 1].truth = !told ? Error : found ? True : False;
      }
    }
  }
  return stack[0].truth == True;
}

}  // namespace express

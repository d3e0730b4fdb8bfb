// Included before the source of tfjs-node's addon. The addon sets each string and type attribute as a single value, but fused
// convolutions need lists of strings and types.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "tensorflow/c/eager/c_api.h"
#include "tensorflow/c/tf_status.h"

// How an operation declares an attribute.
enum class Declaration { none, single, list };

inline Declaration declarationOf(TFE_Op* operation, const char* name) {
  unsigned char isList = 0;
  TF_Status* status = TF_NewStatus();
  TFE_OpGetAttrType(operation, name, &isList, status);
  const bool known = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  if (!known) return Declaration::none;
  return isList != 0 ? Declaration::list : Declaration::single;
}

// Sets a string attribute. For an attribute that the operation declares as a list, the string is split at its commas.
inline void setText(TFE_Op* operation, const char* name, const void* text, size_t length) {
  if (declarationOf(operation, name) != Declaration::list)
    return TFE_OpSetAttrString(operation, name, text, length);
  const std::string all(static_cast<const char*>(text), length);
  std::vector<const void*> parts;
  std::vector<size_t> lengths;
  for (size_t start = 0; start < all.size(); start += lengths.back() + 1) {
    parts.push_back(all.data() + start);
    lengths.push_back(std::min(all.find(',', start), all.size()) - start);
  }
  TFE_OpSetAttrStringList(operation, name, parts.data(), lengths.data(), static_cast<int>(parts.size()));
}

// Sets a type attribute, as a list of one type unless the operation declares a single type: the kernel of the fused convolution
// reads a list, TArgs, that its operation does not declare.
inline void setType(TFE_Op* operation, const char* name, TF_DataType type) {
  if (declarationOf(operation, name) == Declaration::single) return TFE_OpSetAttrType(operation, name, type);
  TFE_OpSetAttrTypeList(operation, name, &type, 1);
}

#define TFE_OpSetAttrString setText
#define TFE_OpSetAttrType setType
